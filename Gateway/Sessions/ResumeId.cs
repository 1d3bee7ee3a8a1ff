using System.Buffers;
using System.Buffers.Text;
using System.IO.Hashing;
using Realtime.Channels;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// What the id of a message says: whose session it is, and what its client has got with that message (protocol 1.9). Channels
/// in which nothing has moved since the checkpoint aren't in it.
/// </summary>
/// <param name="Secret">The session's secret.</param>
/// <param name="Checkpoint">What the moves differ from.</param>
/// <param name="Replies">Number of direct replies.</param>
/// <param name="Moves">Where channels have moved.</param>
internal sealed record ResumeId(SessionSecret Secret, long Checkpoint, long Replies, IReadOnlyList<ResumeMove> Moves)
{
    /// <summary>Longest id, in characters.</summary>
    public const int MaxLength = 1000;

    /// <summary>Longest id in bytes before it is made into text.</summary>
    public const int MaxBytes = MaxLength / 4 * 3;

    private const int ChecksumLength = 4;

    /// <summary>Reads what a client has sent; null if this server can't have made it.</summary>
    public static ResumeId? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length is 0 or > MaxLength)
        {
            return null;
        }

        Span<byte> bytes = stackalloc byte[MaxBytes];
        if (Base64Url.DecodeFromChars(text, bytes, out _, out var length) != OperationStatus.Done || length < SessionSecret.Length + ChecksumLength + 2)
        {
            return null;
        }

        // Some letters say the same as others; only what was given out is taken.
        Span<char> canonical = stackalloc char[MaxLength];
        bytes = bytes[..length];
        var written = Base64Url.EncodeToChars(bytes, canonical);
        var content = bytes[..^ChecksumLength];
        return canonical[..written].SequenceEqual(text) && BitConverter.ToUInt32(bytes[^ChecksumLength..]) == XxHash32.HashToUInt32(content)
            ? Read(content)
            : null;
    }

    /// <summary>Length of the text of an id.</summary>
    /// <param name="length">Length of the content.</param>
    public static int LengthOf(int length) => Base64Url.GetEncodedLength(length + ChecksumLength);

    /// <summary>Writes an id.</summary>
    /// <param name="content">The secret, and what is said after it; four more bytes are used.</param>
    /// <param name="length">Length of the content.</param>
    /// <param name="destination">Where the text goes.</param>
    /// <returns>Length of the text.</returns>
    public static int Encode(Span<byte> content, int length, Span<byte> destination)
    {
        BitConverter.TryWriteBytes(content[length..], XxHash32.HashToUInt32(content[..length]));
        return Base64Url.EncodeToUtf8(content[..(length + ChecksumLength)], destination);
    }

    private static ResumeId? Read(ReadOnlySpan<byte> content)
    {
        var secret = SessionSecret.From(content);
        var rest = content[SessionSecret.Length..];
        if (!VarInt.TryRead(ref rest, out var checkpoint) || !VarInt.TryRead(ref rest, out var replies))
        {
            return null;
        }

        var moves = new List<ResumeMove>();
        while (!rest.IsEmpty)
        {
            if (!VarInt.TryRead(ref rest, out var slot) || slot > int.MaxValue || !VarInt.TryRead(ref rest, out var distance))
            {
                return null;
            }

            var epoch = 0L;
            if ((distance & 1) != 0 && !VarInt.TryRead(ref rest, out epoch))
            {
                return null;
            }

            moves.Add(new ResumeMove((int)slot, distance >> 1, (distance & 1) != 0 ? epoch : null));
        }

        return new ResumeId(secret, checkpoint, replies, moves);
    }
}

/// <summary>How far a channel has moved since a checkpoint.</summary>
/// <param name="Slot">The membership.</param>
/// <param name="Offset">How many further in the same epoch, or the offset in another one.</param>
/// <param name="Epoch">The other epoch, or null.</param>
internal readonly record struct ResumeMove(int Slot, long Offset, long? Epoch)
{
    /// <summary>Where the channel is.</summary>
    /// <param name="base">Where it was at the checkpoint.</param>
    public ChannelPosition From(ChannelPosition @base) =>
        Epoch is { } epoch ? new ChannelPosition(epoch, Offset) : @base with { Offset = @base.Offset + Offset };
}

/// <summary>Numbers in as many bytes as they need, seven bits each, the lowest first.</summary>
internal static class VarInt
{
    /// <summary>Most bytes that a number takes.</summary>
    public const int MaxLength = 9;

    /// <summary>Writes a number that isn't negative; returns its length.</summary>
    public static int Write(Span<byte> destination, long value)
    {
        var length = 0;
        while (value >= 0x80)
        {
            destination[length++] = (byte)(value | 0x80);
            value >>= 7;
        }

        destination[length++] = (byte)value;
        return length;
    }

    /// <summary>Reads a number and goes past it; false if there is none.</summary>
    public static bool TryRead(ref ReadOnlySpan<byte> source, out long value)
    {
        value = 0;
        for (var i = 0; i < source.Length && i < MaxLength; i++)
        {
            value |= (long)(source[i] & 0x7F) << (7 * i);
            if (source[i] < 0x80)
            {
                source = source[(i + 1)..];
                return true;
            }
        }

        return false;
    }
}
