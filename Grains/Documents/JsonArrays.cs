using System.Buffers;
using System.Text.Json;

namespace Realtime.Documents;

/// <summary>Takes JSON arrays of documents apart and puts them together, without looking into the documents.</summary>
internal static class JsonArrays
{
    /// <summary>An answer outgrew <see cref="DocumentOptions.MaxAnswerBytes"/>.</summary>
    public static readonly RealtimeError AnswerTooLarge = new(413, "answer too large, ask for fewer documents");

    /// <summary>The empty array.</summary>
    public static ReadOnlyMemory<byte> Empty { get; } = "[]"u8.ToArray();

    /// <summary>Splits an array into its elements.</summary>
    /// <param name="json">UTF-8 from a client.</param>
    /// <returns>The elements as JSON; null if it isn't an array.</returns>
    public static List<ReadOnlyMemory<byte>>? TrySplit(ReadOnlyMemory<byte> json)
    {
        try
        {
            // One level more than a document, for the array around it.
            var reader = new Utf8JsonReader(json.Span, new JsonReaderOptions { MaxDepth = DocumentLimits.MaxDepth + 1 });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartArray)
            {
                return null;
            }

            var elements = new List<ReadOnlyMemory<byte>>();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                elements.Add(json[start..(int)reader.BytesConsumed]);
            }

            // Throws if anything but white space follows.
            reader.Read();
            return elements;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>Joins documents into an array.</summary>
    /// <param name="documents">The documents.</param>
    /// <param name="maxBytes">Most bytes.</param>
    public static Result<ReadOnlyMemory<byte>> Join(IEnumerable<byte[]> documents, int maxBytes)
    {
        var output = new ArrayBufferWriter<byte>(1024);
        output.Write("["u8);
        foreach (var document in documents)
        {
            if (output.WrittenCount + (long)document.Length > maxBytes)
            {
                return AnswerTooLarge;
            }

            if (output.WrittenCount > 1)
            {
                output.Write(","u8);
            }

            output.Write(document);
        }

        output.Write("]"u8);
        return output.WrittenMemory;
    }
}
