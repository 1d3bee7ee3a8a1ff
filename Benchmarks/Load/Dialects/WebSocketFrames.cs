using System.Buffers.Binary;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>WebSocket frames as a client writes and reads them (RFC 6455, section 5).</summary>
internal static class WebSocketFrames
{
    public const int Text = 1;
    public const int Binary = 2;
    public const int Close = 8;
    public const int Ping = 9;
    public const int Pong = 10;

    private const int MaskedBit = 0x80;
    private const int MaskLength = 4;

    /// <summary>Makes a final frame. Its mask is zero, which leaves the payload as it is.</summary>
    public static byte[] Write(int opcode, ReadOnlySpan<byte> payload)
    {
        var extended = payload.Length < 126 ? 0 : payload.Length <= ushort.MaxValue ? 2 : 8;
        var frame = new byte[2 + extended + MaskLength + payload.Length];
        frame[0] = (byte)(0x80 | opcode);
        frame[1] = (byte)(MaskedBit | (extended == 0 ? payload.Length : extended == 2 ? 126 : 127));
        if (extended == 2)
        {
            BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(2), (ushort)payload.Length);
        }
        else if (extended == 8)
        {
            BinaryPrimitives.WriteInt64BigEndian(frame.AsSpan(2), payload.Length);
        }

        payload.CopyTo(frame.AsSpan(2 + extended + MaskLength));
        return frame;
    }

    /// <summary>Reads a server's frame.</summary>
    /// <returns>Bytes of the whole frame; 0 if it isn't complete.</returns>
    public static int Read(ReadOnlySpan<byte> bytes, out int opcode, out ReadOnlySpan<byte> payload)
    {
        opcode = 0;
        payload = default;
        if (bytes.Length < 2)
        {
            return 0;
        }

        opcode = bytes[0] & 0x0f;
        var (header, length) = (2, (long)(bytes[1] & 0x7f));
        if (length >= 126)
        {
            header = length == 126 ? 4 : 10;
            if (bytes.Length < header)
            {
                return 0;
            }

            length = header == 4 ? BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]) : BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
        }

        if (bytes.Length - header < length)
        {
            return 0;
        }

        payload = bytes.Slice(header, (int)length);
        return header + (int)length;
    }
}
