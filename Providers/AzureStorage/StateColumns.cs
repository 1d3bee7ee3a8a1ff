using System.Globalization;
using System.Text;
using Azure.Data.Tables;

namespace Realtime.Providers.AzureStorage;

/// <summary>
/// A state in the columns of a row: <c>Data</c>, <c>Data1</c> … <c>Data14</c> of 64 KiB each, or as text
/// <c>StringData</c>, <c>StringData1</c> … <c>StringData14</c> of 32 Ki characters each.
/// </summary>
internal static class StateColumns
{
    /// <summary>The largest state, in bytes. 64 KiB below what Azure takes, for the keys and names.</summary>
    public const int MaxBytes = MaxColumns * MaxColumnBytes;

    private const int MaxColumns = 15;
    private const int MaxColumnBytes = 64 * 1024;
    private const int MaxColumnChars = 32 * 1024;

    // Refuses what isn't text; the usual decoder would store a different state.
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <exception cref="InvalidOperationException">The state doesn't fit into a row.</exception>
    public static void WriteBytes(TableEntity row, ReadOnlyMemory<byte> state)
    {
        if (state.Length > MaxBytes)
        {
            throw TooLarge(row, $"{state.Length} bytes", $"{MaxBytes} bytes");
        }

        for (var column = 0; column * MaxColumnBytes < state.Length; column++)
        {
            var start = column * MaxColumnBytes;
            row[NameOf("Data", column)] = state.Slice(start, Math.Min(MaxColumnBytes, state.Length - start)).ToArray();
        }
    }

    /// <exception cref="InvalidOperationException">The state doesn't fit into a row, or isn't text.</exception>
    public static void WriteText(TableEntity row, ReadOnlyMemory<byte> state)
    {
        var text = Decode(row, state.Span);
        var start = 0;
        for (var column = 0; start < text.Length; column++)
        {
            if (column == MaxColumns)
            {
                throw TooLarge(row, $"{text.Length} characters", $"{MaxColumns * MaxColumnChars} characters");
            }

            var length = Math.Min(MaxColumnChars, text.Length - start);
            if (start + length < text.Length && char.IsHighSurrogate(text[start + length - 1]))
            {
                // Half of a pair in each of two columns would arrive as two replacement characters.
                length--;
            }

            row[NameOf("StringData", column)] = text.Substring(start, length);
            start += length;
        }
    }

    /// <summary>Reads either format.</summary>
    /// <returns>The state; null when the row holds none.</returns>
    public static BinaryData? Read(TableEntity row)
    {
        using var bytes = new MemoryStream();
        var text = new StringBuilder();
        for (var column = 0; column < MaxColumns; column++)
        {
            bytes.Write(row.GetBinary(NameOf("Data", column)));
            text.Append(row.GetString(NameOf("StringData", column)));
        }

        return bytes.Length > 0
            ? new BinaryData(bytes.GetBuffer().AsMemory(0, (int)bytes.Length))
            : text.Length > 0 ? new BinaryData(text.ToString()) : null;
    }

    private static string Decode(TableEntity row, ReadOnlySpan<byte> state)
    {
        try
        {
            return StrictUtf8.GetString(state);
        }
        catch (DecoderFallbackException exception)
        {
            throw new InvalidOperationException(
                $"State '{row.RowKey}' isn't text: {nameof(AzureTableStorageOptions.UseStringFormat)} needs a serializer that makes text, such as JSON.", exception);
        }
    }

    private static InvalidOperationException TooLarge(TableEntity row, string size, string bound) =>
        new($"State '{row.RowKey}' takes {size}, but a row holds at most {bound}: keep it in blobs, or in several states.");

    private static string NameOf(string first, int column) =>
        column == 0 ? first : first + column.ToString(CultureInfo.InvariantCulture);
}
