using System.Buffers;

namespace Realtime.Gateway.Protocol;

/// <summary>
/// Writes JSON text as a JSON string. It escapes only what JSON demands, so that a document at most doubles: the
/// library's encoders make six bytes of some characters and twelve of an emoji, and outboxes must hold the result.
/// </summary>
internal static class JsonStringEscaper
{
    private static readonly SearchValues<byte> MustEscape = SearchValues.Create(
        [(byte)'"', (byte)'\\', .. Enumerable.Range(0, 0x20).Select(static value => (byte)value)]);

    /// <summary>Writes text between quotes.</summary>
    /// <param name="target">Where to.</param>
    /// <param name="utf8">Valid UTF-8.</param>
    public static void Write(IBufferWriter<byte> target, ReadOnlySpan<byte> utf8)
    {
        target.Write("\""u8);
        while (utf8.IndexOfAny(MustEscape) is var index and >= 0)
        {
            target.Write(utf8[..index]);
            WriteEscape(target, utf8[index]);
            utf8 = utf8[(index + 1)..];
        }

        target.Write(utf8);
        target.Write("\""u8);
    }

    private static void WriteEscape(IBufferWriter<byte> target, byte value)
    {
        switch (value)
        {
            case (byte)'"':
                target.Write("\\\""u8);
                break;
            case (byte)'\\':
                target.Write("\\\\"u8);
                break;
            case (byte)'\n':
                target.Write("\\n"u8);
                break;
            case (byte)'\r':
                target.Write("\\r"u8);
                break;
            case (byte)'\t':
                target.Write("\\t"u8);
                break;
            default:
                // No other control character can stand in JSON text.
                target.Write("\\u00"u8);
                target.Write([Hex(value >> 4), Hex(value & 15)]);
                break;
        }
    }

    private static byte Hex(int digit) => (byte)"0123456789abcdef"[digit];
}
