using System.Buffers;
using System.Security.Cryptography;
using System.Text.Json;

namespace Realtime.Documents;

/// <summary>
/// Writes JSON values as texts, so that a database compares values by type (protocol 3.3) when it compares texts by
/// code point: a digit for the type, then the value. Null has no key, like a missing field.
/// </summary>
/// <remarks>
/// <c>1</c> a number, <c>2</c> a text, <c>3</c> a boolean, <c>4</c> an array, <c>5</c> an object. Arrays and objects are
/// only ever equal or not: the hash of their JSON without white space stands for them.
/// </remarks>
internal static class ComparisonKey
{
    /// <summary>Stands for null where something must: as the element of an array, and in an index.</summary>
    public const string Null = "0";

    /// <summary>First character of the keys of texts.</summary>
    public const char Text = '2';

    /// <summary>The key of a value.</summary>
    /// <param name="json">Valid JSON of UTF-8.</param>
    /// <returns>Null for null.</returns>
    public static string? Of(ReadOnlySpan<byte> json)
    {
        var reader = Reader(json);
        return Of(json, ref reader);
    }

    /// <summary>The keys of the elements of an array, once each.</summary>
    /// <param name="json">Valid JSON of UTF-8.</param>
    /// <returns>Null if it isn't an array.</returns>
    public static IReadOnlyCollection<string>? OfElements(ReadOnlySpan<byte> json)
    {
        var reader = Reader(json);
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            return null;
        }

        var keys = new HashSet<string>(StringComparer.Ordinal);
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            keys.Add(Of(json, ref reader) ?? Null);
        }

        return keys;
    }

    /// <summary>The least text after all keys of the same type.</summary>
    /// <param name="key">A key.</param>
    public static string EndOfType(string key) => ((char)(key[0] + 1)).ToString();

    private static Utf8JsonReader Reader(ReadOnlySpan<byte> json)
    {
        // Within bounds already: a document's own depth, or that of a value to compare with.
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = DocumentLimits.MaxDepth + 1 });
        reader.Read();
        return reader;
    }

    private static string? Of(ReadOnlySpan<byte> json, ref Utf8JsonReader reader)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.Null:
                return null;
            case JsonTokenType.Number:
                return "1" + NumberKey.Of(reader.ValueSpan);
            case JsonTokenType.String:
                var text = reader.ValueIsEscaped ? PostgresText.Unescape(reader.ValueSpan) : reader.GetString()!;
                return Text + PostgresText.Escape(text);
            case JsonTokenType.True:
                return "31";
            case JsonTokenType.False:
                return "30";
            default:
                var type = reader.TokenType == JsonTokenType.StartArray ? "4" : "5";
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                return type + Hash(json[start..(int)reader.BytesConsumed]);
        }
    }

    private static string Hash(ReadOnlySpan<byte> json)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(json.Length);
        var length = 0;
        var inText = false;
        for (var i = 0; i < json.Length; i++)
        {
            var value = json[i];
            if (inText || value is not ((byte)' ' or (byte)'\t' or (byte)'\r' or (byte)'\n'))
            {
                buffer[length++] = value;
            }

            if (inText && value == '\\')
            {
                buffer[length++] = json[++i];
            }
            else if (value == '"')
            {
                inText = !inText;
            }
        }

        var hash = Convert.ToBase64String(SHA256.HashData(buffer.AsSpan(0, length)));
        ArrayPool<byte>.Shared.Return(buffer);
        return hash;
    }
}
