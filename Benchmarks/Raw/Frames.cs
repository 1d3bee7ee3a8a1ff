using System.Buffers;
using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Realtime.Benchmarks.Raw;

/// <summary>WebSocket frames (RFC 6455, section 5): unmasked and final to the client, masked and final from it.</summary>
internal static class Frames
{
    /// <summary>A message in UTF-8.</summary>
    public const int Text = 1;

    /// <summary>The end of the connection.</summary>
    public const int Close = 8;

    /// <summary>To be answered by <see cref="Pong"/>.</summary>
    public const int Ping = 9;

    /// <summary>The answer to <see cref="Ping"/>.</summary>
    public const int Pong = 10;

    private const int MaskLength = 4;

    /// <summary>The answer to the key of a handshake (RFC 6455, section 4.2.2).</summary>
    [SuppressMessage("Security", "CA5350", Justification = "The handshake asks for it; nothing is kept safe by it.")]
    public static string GetAccept(string key) =>
        Convert.ToBase64String(SHA1.HashData(Encoding.ASCII.GetBytes(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")));

    /// <summary>Writes a frame.</summary>
    public static void Write(IBufferWriter<byte> target, int opcode, ReadOnlySpan<byte> payload)
    {
        var header = target.GetSpan(10);
        header[0] = (byte)(0x80 | opcode);
        var length = 2;
        if (payload.Length < 126)
        {
            header[1] = (byte)payload.Length;
        }
        else if (payload.Length <= ushort.MaxValue)
        {
            header[1] = 126;
            BinaryPrimitives.WriteUInt16BigEndian(header[2..], (ushort)payload.Length);
            length = 4;
        }
        else
        {
            header[1] = 127;
            BinaryPrimitives.WriteUInt64BigEndian(header[2..], (ulong)payload.Length);
            length = 10;
        }

        target.Advance(length);
        target.Write(payload);
    }

    /// <summary>Reads a client's frame and unmasks its payload in place.</summary>
    /// <returns>Bytes of the whole frame; 0 if it isn't complete yet.</returns>
    public static int Read(Span<byte> bytes, out int opcode, out Span<byte> payload)
    {
        opcode = 0;
        payload = default;
        if (bytes.Length < 2)
        {
            return 0;
        }

        opcode = bytes[0] & 0x0f;
        long length = bytes[1] & 0x7f;
        var header = 2;
        if (length == 126)
        {
            header = 4;
            if (bytes.Length < header)
            {
                return 0;
            }

            length = BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]);
        }
        else if (length == 127)
        {
            header = 10;
            if (bytes.Length < header)
            {
                return 0;
            }

            length = BinaryPrimitives.ReadInt64BigEndian(bytes[2..]);
        }

        if (bytes.Length < header + MaskLength + length)
        {
            return 0;
        }

        var mask = bytes.Slice(header, MaskLength);
        payload = bytes.Slice(header + MaskLength, (int)length);
        for (var i = 0; i < payload.Length; i++)
        {
            payload[i] ^= mask[i & 3];
        }

        return header + MaskLength + (int)length;
    }
}
