namespace Realtime.Documents;

/// <summary>Says when the outbox of a repository is trimmed, and to what; the same for every store.</summary>
/// <param name="options">The bounds.</param>
internal sealed class OutboxBounds(DocumentOptions options)
{
    // Often enough that an outbox is at most an eighth over its bounds, and seldom enough to cost nothing.
    private const int Parts = 8;

    /// <summary>Whether a transaction should trim: it enters another eighth of a bound.</summary>
    /// <param name="before">Where the outbox was.</param>
    /// <param name="after">Where the transaction brings it.</param>
    public bool IsDue(OutboxMark before, OutboxMark after) =>
        Part(before.Position, options.OutboxChanges) != Part(after.Position, options.OutboxChanges)
        || Part(before.Bytes, options.OutboxBytes) != Part(after.Bytes, options.OutboxBytes)
        || Part(before.WrittenAt, (long)options.OutboxAge.TotalMilliseconds) != Part(after.WrittenAt, (long)options.OutboxAge.TotalMilliseconds);

    private static long Part(long value, long bound) => value / Math.Max(1, bound / Parts);
}

/// <summary>How far an outbox has come.</summary>
/// <param name="Position">Position of the repository.</param>
/// <param name="Bytes">Bytes that were ever added.</param>
/// <param name="WrittenAt">When something was added last, in Unix milliseconds.</param>
internal readonly record struct OutboxMark(long Position, long Bytes, long WrittenAt);
