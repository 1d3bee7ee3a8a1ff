using System.Buffers.Binary;
using System.Collections.Immutable;

namespace Realtime.Gateway.Protocol;

/// <summary>
/// Frames from a server (RFC 6455, section 5.2) as this backend writes them: one text frame per message, final and unmasked.
/// <code>
///  0               1               2 … 3 (or 2 … 9)
/// +-+-----+-------+-+-------------+---------------------------+----------
/// |1| 000 |  0001 |0|   length    | length, if it is 126 (127) | message
/// +-+-----+-------+-+-------------+---------------------------+----------
/// </code>
/// </summary>
internal static class WebSocketFrame
{
    /// <summary>Longest header in bytes.</summary>
    public const int MaxHeaderLength = 10;

    private const byte FinalText = 0x81;
    private const byte LengthIn16Bits = 126;
    private const byte LengthIn64Bits = 127;

    /// <summary>Writes the header of a message.</summary>
    /// <returns>Length of the header.</returns>
    public static int WriteHeader(Span<byte> destination, int messageLength)
    {
        destination[0] = FinalText;
        switch (messageLength)
        {
            case < LengthIn16Bits:
                destination[1] = (byte)messageLength;
                return 2;
            case <= ushort.MaxValue:
                destination[1] = LengthIn16Bits;
                BinaryPrimitives.WriteUInt16BigEndian(destination[2..], (ushort)messageLength);
                return 4;
            default:
                destination[1] = LengthIn64Bits;
                BinaryPrimitives.WriteUInt64BigEndian(destination[2..], (ulong)messageLength);
                return MaxHeaderLength;
        }
    }

    /// <summary>The frames of several messages, one after the other.</summary>
    public static byte[] Encode(ImmutableArray<OutboundMessage> messages)
    {
        Span<byte> header = stackalloc byte[MaxHeaderLength];
        var length = 0;
        foreach (var message in messages)
        {
            length += WriteHeader(header, message.Length) + message.Length;
        }

        var frames = new byte[length];
        var rest = frames.AsSpan();
        foreach (var message in messages)
        {
            rest = rest[WriteHeader(rest, message.Length)..];
            message.Json.Span.CopyTo(rest);
            rest = rest[message.Length..];
        }

        return frames;
    }
}
