using System.Collections.Immutable;

namespace Realtime.Documents;

/// <summary>The changes of a repository after a position, or the beginning of them.</summary>
/// <param name="IsContinuous">Whether nothing is missing between the position and the first change, or among them.</param>
/// <param name="Changes">The changes, in order; empty if they aren't continuous.</param>
/// <param name="Position">Position of the repository at the moment of the read; there are more changes up to it.</param>
public sealed record ChangeHistory(bool IsContinuous, ImmutableArray<WrittenDocument> Changes, long Position)
{
    /// <summary>Changes up to which the reader has everything.</summary>
    public long UpTo => Changes.IsEmpty ? Position : Changes[^1].Position;

    /// <summary>Puts a history together.</summary>
    /// <param name="after">The position after which changes are wanted.</param>
    /// <param name="position">Position of the repository.</param>
    /// <param name="segments">Rows of the outbox that end after it, in order.</param>
    internal static ChangeHistory From(long after, long position, IEnumerable<ChangeSegment> segments)
    {
        var changes = ImmutableArray.CreateBuilder<WrittenDocument>();

        // A position before the one that was read before: the database is another one, or was restored.
        return after == position ? new ChangeHistory(true, [], position)
            : after < position && segments.All(segment => segment.TryAppendTo(changes, after)) && changes.Count > 0
                ? new ChangeHistory(true, changes.DrainToImmutable(), position)
                : new ChangeHistory(false, [], position);
    }
}
