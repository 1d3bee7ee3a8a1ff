using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;
using System.Text;

namespace Realtime.Gateway.Protocol;

/// <summary>A part of an id (protocol 1.9): bytes and a checksum as Base64url (RFC 4648, section 5).</summary>
internal static class CheckedText
{
    /// <summary>Length of the checksum in bytes.</summary>
    public const int ChecksumLength = 3;

    /// <summary>Length of the text.</summary>
    /// <param name="length">Number of bytes.</param>
    public static int LengthOf(int length) => Base64Url.GetEncodedLength(length + ChecksumLength);

    /// <summary>Writes bytes as text.</summary>
    /// <param name="content">The bytes, and room for the checksum.</param>
    /// <param name="length">Number of bytes.</param>
    /// <param name="destination">Where the text goes.</param>
    /// <returns>Length of the text.</returns>
    public static int Encode(Span<byte> content, int length, Span<byte> destination)
    {
        var sum = XxHash32.HashToUInt32(content[..length]);
        for (var i = 0; i < ChecksumLength; i++)
        {
            content[length + i] = (byte)(sum >> (8 * i));
        }

        return Base64Url.EncodeToUtf8(content[..(length + ChecksumLength)], destination);
    }

    /// <summary>Reads what <see cref="Encode"/> has written.</summary>
    /// <param name="text">The text.</param>
    /// <param name="buffer">Where the bytes go, and the checksum.</param>
    /// <param name="content">The bytes.</param>
    /// <returns>False if it has written nothing like that.</returns>
    public static bool TryDecode(ReadOnlySpan<char> text, Span<byte> buffer, out ReadOnlySpan<byte> content)
    {
        content = default;
        if (Base64Url.DecodeFromChars(text, buffer, out _, out var written) != OperationStatus.Done || written < ChecksumLength)
        {
            return false;
        }

        // Some letters say the same as others; only what was given out is taken.
        content = buffer[..(written - ChecksumLength)];
        Span<byte> again = stackalloc byte[written];
        Span<byte> canonical = stackalloc byte[Base64Url.GetEncodedLength(written)];
        content.CopyTo(again);
        Encode(again, content.Length, canonical);
        return Ascii.Equals(canonical, text);
    }
}
