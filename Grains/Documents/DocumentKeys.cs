using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Realtime.Documents;

/// <summary>What a database needs to know of a document to filter and sort it, as two JSON objects.</summary>
internal sealed class DocumentKeys
{
    private static readonly JsonWriterOptions WriterOptions = new()
    {
        // Readable in the database; it isn't HTML.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    private readonly Dictionary<string, string> _keys = new(StringComparer.Ordinal);
    private readonly List<(string Name, IReadOnlyCollection<string> Elements)> _arrays = [];

    /// <summary>Looks through a document.</summary>
    /// <param name="fields">Its fields.</param>
    public DocumentKeys(JsonFields fields)
    {
        foreach (var (field, value) in fields.All)
        {
            var name = PostgresText.Escape(field);
            if (ComparisonKey.Of(value.Span) is { } key)
            {
                _keys.Add(name, key);
            }

            if (ComparisonKey.OfElements(value.Span) is { Count: > 0 } elements)
            {
                _arrays.Add((name, elements));
            }
        }
    }

    /// <summary>The key of each field that isn't null: <c>{"field":"key"}</c>.</summary>
    public byte[] Fields => Write(writer =>
    {
        foreach (var (name, key) in _keys)
        {
            writer.WriteString(name, key);
        }
    });

    /// <summary>The keys of the elements of each array: <c>{"field":["key"]}</c>; null if there is none.</summary>
    public byte[]? Elements => _arrays.Count == 0 ? null : Write(writer =>
    {
        foreach (var (name, elements) in _arrays)
        {
            writer.WriteStartArray(name);
            foreach (var element in elements)
            {
                writer.WriteStringValue(element);
            }

            writer.WriteEndArray();
        }
    });

    /// <summary>The key of a field.</summary>
    /// <param name="field">A plain name.</param>
    public string Of(string field) => _keys.GetValueOrDefault(field, ComparisonKey.Null);

    private static byte[] Write(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>(256);
        using (var writer = new Utf8JsonWriter(output, WriterOptions))
        {
            writer.WriteStartObject();
            write(writer);
            writer.WriteEndObject();
        }

        return output.WrittenSpan.ToArray();
    }
}
