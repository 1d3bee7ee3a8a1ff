using Realtime.Gateway.Protocol;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// What the id of a message says: whose session it is, and what its client has got with that message (protocol 1.9). Channels
/// in which nothing has moved since the checkpoint aren't in it. Where the channel has got that has moved last is a part of its own, after a point.
/// </summary>
/// <param name="Secret">The session's secret.</param>
/// <param name="Checkpoint">What the moves differ from.</param>
/// <param name="Replies">Number of direct replies.</param>
/// <param name="Moves">Where channels have moved.</param>
internal sealed record ResumeId(SessionSecret Secret, long Checkpoint, long Replies, IReadOnlyList<ResumeMove> Moves)
{
    /// <summary>Longest id, in characters.</summary>
    public const int MaxLength = 1000;

    /// <summary>Instead of the membership whose channel has moved last, if none has. Memberships count from one.</summary>
    public const int NoSlot = 0;

    /// <summary>Stands between the session's part and where the channel has got that has moved last.</summary>
    public const byte Separator = (byte)'.';

    /// <summary>Most bytes of the session's part, whatever the other takes.</summary>
    public static readonly int MaxHeadBytes = ((MaxLength - 1 - ResumeStep.MaxTextLength) / 4 * 3) - CheckedText.ChecksumLength;

    /// <summary>Reads what a client has sent; null if this server can't have made it.</summary>
    public static ResumeId? Parse(ReadOnlySpan<char> text)
    {
        if (text.Length > MaxLength)
        {
            return null;
        }

        Span<byte> buffer = stackalloc byte[MaxLength / 4 * 3];
        var end = text.IndexOf((char)Separator);
        if (!CheckedText.TryDecode(end < 0 ? text : text[..end], buffer, out var head) || Read(head, out var last) is not { } id)
        {
            return null;
        }

        // Nothing that was cut off is taken: the session's part says whether there is another one.
        if (last == NoSlot || end < 0)
        {
            return last == NoSlot && end < 0 ? id : null;
        }

        return CheckedText.TryDecode(text[(end + 1)..], buffer, out var tail) && ResumeStep.TryRead(ref tail, out var step) && tail.IsEmpty
            ? id with { Moves = [.. id.Moves, new ResumeMove(last, step)] }
            : null;
    }

    private static ResumeId? Read(ReadOnlySpan<byte> head, out int last)
    {
        last = NoSlot;
        if (head.Length < SessionSecret.Length)
        {
            return null;
        }

        var secret = SessionSecret.From(head);
        var rest = head[SessionSecret.Length..];
        if (!VarInt.TryRead(ref rest, out var checkpoint) || !VarInt.TryRead(ref rest, out var replies) || !TryReadSlot(ref rest, out last))
        {
            return null;
        }

        var moves = new List<ResumeMove>();
        while (!rest.IsEmpty)
        {
            if (!TryReadSlot(ref rest, out var slot) || !ResumeStep.TryRead(ref rest, out var step))
            {
                return null;
            }

            moves.Add(new ResumeMove(slot, step));
        }

        return new ResumeId(secret, checkpoint, replies, moves);
    }

    private static bool TryReadSlot(ref ReadOnlySpan<byte> source, out int slot)
    {
        var isRead = VarInt.TryRead(ref source, out var number) && number <= int.MaxValue;
        slot = isRead ? (int)number : NoSlot;
        return isRead;
    }
}

/// <summary>Where a channel has got since a checkpoint.</summary>
/// <param name="Slot">The membership.</param>
/// <param name="Step">Where.</param>
internal readonly record struct ResumeMove(int Slot, ResumeStep Step);
