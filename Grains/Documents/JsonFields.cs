using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace Realtime.Documents;

/// <summary>
/// The top-level fields of a JSON object in their order. Values stay the bytes that came in, so that numbers and
/// fields unknown to the server are never rewritten.
/// </summary>
internal sealed class JsonFields
{
    /// <summary>A document outgrew <see cref="DocumentLimits.MaxDocumentBytes"/> (protocol 3.3).</summary>
    public static readonly RealtimeError TooLarge = new(413, "document too large");

    private static readonly JsonReaderOptions ReaderOptions = new() { MaxDepth = DocumentLimits.MaxDepth };

    private readonly List<(string Name, ReadOnlyMemory<byte> Value)> _fields = [];
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);

    /// <summary>All fields in their order, without those of the server.</summary>
    public IReadOnlyList<(string Name, ReadOnlyMemory<byte> Value)> All => _fields;

    /// <summary>Reads an object that was checked before: by a grain, or when it was stored.</summary>
    /// <param name="json">UTF-8.</param>
    public static JsonFields ParseChecked(ReadOnlyMemory<byte> json) =>
        TryParse(json) ?? throw new InvalidOperationException("The JSON was checked before and isn't an object.");

    /// <summary>Reads an object. Of a name that comes twice the last value counts; names that belong to the server are left out.</summary>
    /// <param name="json">UTF-8 from a client or from the store.</param>
    /// <returns>Null if it isn't a JSON object that can be stored.</returns>
    public static JsonFields? TryParse(ReadOnlyMemory<byte> json)
    {
        // The reader doesn't look into texts; a database would later stumble over bytes that aren't UTF-8.
        if (!Utf8.IsValid(json.Span))
        {
            return null;
        }

        try
        {
            return Parse(json);
        }
        catch (Exception error) when (error is JsonException or InvalidOperationException)
        {
            // Malformed, too deep, or a name with half a surrogate pair.
            return null;
        }
    }

    /// <summary>The value of a field, as JSON.</summary>
    /// <param name="name">Name of the field.</param>
    public ReadOnlyMemory<byte>? Find(string name) =>
        _positions.TryGetValue(name, out var position) ? _fields[position].Value : (ReadOnlyMemory<byte>?)null;

    /// <summary>Sets a field, in its old place if there is one.</summary>
    /// <param name="name">Name of the field; those of the server are ignored.</param>
    /// <param name="value">JSON.</param>
    public void Set(string name, ReadOnlyMemory<byte> value)
    {
        if (name is "id" or "accountId" or "ownerId")
        {
            return;
        }

        if (_positions.TryGetValue(name, out var position))
        {
            _fields[position] = (name, value);
        }
        else
        {
            _positions.Add(name, _fields.Count);
            _fields.Add((name, value));
        }
    }

    /// <summary>Adds to a number; an absent field counts as 0.</summary>
    /// <param name="name">The field.</param>
    /// <param name="amount">A valid JSON number.</param>
    /// <returns>Null, or 400 if the field isn't a number or the sum has no place in one.</returns>
    public RealtimeError? Increase(string name, ReadOnlyMemory<byte> amount)
    {
        var sum = JsonNumber.Add(Find(name), amount);
        Set(name, sum.Value);
        return sum.Error;
    }

    /// <summary>Sets all fields of another object.</summary>
    /// <param name="patch">The other object.</param>
    public void Merge(JsonFields patch)
    {
        foreach (var (name, value) in patch._fields)
        {
            Set(name, value);
        }
    }

    /// <summary>Writes the stored form of a document: <c>{"accountId":"…","id":"…",fields}</c>.</summary>
    /// <param name="accountId">Account of the document.</param>
    /// <param name="id">Id of the document.</param>
    /// <returns>The document, or 413.</returns>
    public Result<ReadOnlyMemory<byte>> Write(string accountId, string id)
    {
        var output = new ArrayBufferWriter<byte>(256 + _fields.Sum(field => field.Name.Length + field.Value.Length + 4));
        output.Write("{\"accountId\":"u8);
        WriteText(output, accountId);
        output.Write(",\"id\":"u8);
        WriteText(output, id);
        var header = output.WrittenCount;
        foreach (var (name, value) in _fields)
        {
            output.Write(","u8);
            WriteText(output, name);
            output.Write(":"u8);
            output.Write(value.Span);
        }

        output.Write("}"u8);
        return output.WrittenCount - header <= DocumentLimits.MaxDocumentBytes ? output.WrittenMemory : TooLarge;
    }

    /// <summary>A text as JSON, in quotes.</summary>
    /// <param name="text">The text.</param>
    public static ReadOnlyMemory<byte> Quote(string text)
    {
        var output = new ArrayBufferWriter<byte>(text.Length + 2);
        WriteText(output, text);
        return output.WrittenMemory;
    }

    private static JsonFields Parse(ReadOnlyMemory<byte> json)
    {
        var fields = new JsonFields();
        var reader = new Utf8JsonReader(json.Span, ReaderOptions);
        if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
        {
            throw new JsonException();
        }

        while (reader.Read() && reader.TokenType != JsonTokenType.EndObject)
        {
            var name = reader.GetString()!;
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            reader.Skip();
            fields.Set(name, json[start..(int)reader.BytesConsumed]);
        }

        // Throws if anything but white space follows.
        reader.Read();
        return fields;
    }

    private static void WriteText(ArrayBufferWriter<byte> output, string text)
    {
        output.Write("\""u8);
        output.Write(JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping).EncodedUtf8Bytes);
        output.Write("\""u8);
    }
}
