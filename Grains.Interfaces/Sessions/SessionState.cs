using System.Collections.Immutable;

namespace Realtime.Sessions;

/// <summary>
/// A session as it can be gone on with, kept alike by the gateway that holds it and by its grain. Old checkpoints, silences and
/// replies are forgotten: who comes back with an id that needs them begins anew. Not safe for concurrent use.
/// </summary>
public sealed class SessionState
{
    /// <summary>How long what a client may not have got is kept, at least: longer than a dead network goes unnoticed.</summary>
    public static readonly TimeSpan Memory = TimeSpan.FromMinutes(2);

    /// <summary>Replies that are kept at most.</summary>
    public const int MaxReplies = 1024;

    /// <summary>Bytes of replies that are kept at most.</summary>
    public const int MaxReplyBytes = 256 * 1024;

    /// <summary>Positions of checkpoints that are kept at most, over all memberships, beside the latest of each.</summary>
    public const int MaxPositions = 4096;

    private const int MaxSilences = 4;

    private readonly TimeProvider _time;
    private readonly SortedDictionary<int, SessionMembership> _memberships = [];
    private readonly Queue<(long At, ReadOnlyMemory<byte> Json)> _replies = new();
    private readonly Queue<(long At, long Checkpoint)> _checkpoints = new();
    private long _firstReply = 1;
    private int _replyBytes;
    private int _positions;

    /// <summary>Begins with what another one held.</summary>
    /// <param name="record">The session.</param>
    /// <param name="time">The clock.</param>
    public SessionState(SessionRecord record, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(record);
        _time = time;
        Replace(record);
    }

    /// <summary>How long what a client may not have got is kept; at least <see cref="Memory"/>, and longer than it may be away.</summary>
    public TimeSpan KeptFor { get; init; } = Memory;

    /// <summary>Rises each time another gateway takes the session over.</summary>
    public long Generation { get; set; }

    /// <summary>Number of the last update that is in it.</summary>
    public long Update { get; private set; }

    /// <summary>The tenant whose slot a live stream takes.</summary>
    public string TenantId { get; private set; } = "";

    /// <summary>The user, with the database.</summary>
    public CallerIdentity Identity { get; private set; } = null!;

    /// <summary>When the session token expires.</summary>
    public DateTimeOffset TokenExpiresAt { get; private set; }

    /// <summary>The latest checkpoint.</summary>
    public long Checkpoint { get; private set; }

    /// <summary>Number of the last reply.</summary>
    public long LastReply => _firstReply + _replies.Count - 1;

    /// <summary>Its channels, by slot.</summary>
    public IReadOnlyDictionary<int, SessionMembership> Memberships => _memberships;

    /// <summary>Bytes of memory that it holds, about.</summary>
    public long SizeInBytes => (_memberships.Count * 200L) + (_positions * 24L) + _replyBytes + (_replies.Count * 32L);

    /// <summary>How long to keep what a client may not have got that may be away for some time.</summary>
    /// <param name="window">The time.</param>
    public static TimeSpan MemoryFor(TimeSpan window) => Memory > window + window ? Memory : window + window;

    /// <summary>Takes an update.</summary>
    /// <param name="update">The update.</param>
    /// <returns>False if something before it is missing.</returns>
    public bool TryApply(SessionUpdate update)
    {
        ArgumentNullException.ThrowIfNull(update);
        if (update.Number <= Update)
        {
            // Heard before.
            return true;
        }

        if (update.Whole is { } whole)
        {
            Replace(whole);
            return true;
        }

        if (update.Number != Update + 1)
        {
            return false;
        }

        Update = update.Number;
        (Identity, TokenExpiresAt) = update.Identity is { } identity ? (identity, update.TokenExpiresAt) : (Identity, TokenExpiresAt);
        foreach (var membership in update.Joined)
        {
            Add(membership);
        }

        // Afterwards, as a membership may have begun and ended since the update before; no slot is used again.
        foreach (var slot in update.Left)
        {
            Remove(slot);
        }

        if (update.Checkpoint > Checkpoint)
        {
            Move(update.Checkpoint, update.Moved);
        }

        foreach (var (slot, silence) in update.Quiet)
        {
            if (_memberships.TryGetValue(slot, out var membership))
            {
                _memberships[slot] = membership with { Silences = Extend(membership.Silences, silence) };
            }
        }

        foreach (var (slot, position, isToAll) in update.Promotions.IsDefault ? [] : update.Promotions)
        {
            if (_memberships.TryGetValue(slot, out var membership))
            {
                _memberships[slot] = isToAll ? membership with { AllFrom = position } : membership with { AllUpTo = position };
            }
        }

        foreach (var reply in update.Replies)
        {
            AddReply(reply);
        }

        Trim();
        return true;
    }

    /// <summary>Everything there is.</summary>
    public SessionRecord ToRecord()
    {
        Trim();
        return new SessionRecord(
            Generation,
            Update,
            TenantId,
            Identity,
            TokenExpiresAt,
            Checkpoint,
            _checkpoints.Peek().Checkpoint,
            [.. _memberships.Values],
            _firstReply,
            [.. _replies.Select(static reply => reply.Json)]);
    }

    /// <summary>Forgets what is too old, or too much. Updates and <see cref="ToRecord"/> do it, too.</summary>
    public void Trim()
    {
        while (_replies.TryPeek(out var reply)
            && (_replies.Count > MaxReplies || _replyBytes > MaxReplyBytes || _time.GetElapsedTime(reply.At) > KeptFor))
        {
            _replies.Dequeue();
            _replyBytes -= reply.Json.Length;
            _firstReply++;
        }

        while (_checkpoints.Count > 1
            && (_positions - _memberships.Count > MaxPositions || _time.GetElapsedTime(_checkpoints.ElementAt(1).At) > KeptFor))
        {
            _checkpoints.Dequeue();
            ForgetBefore(_checkpoints.Peek().Checkpoint);
        }
    }

    private void Replace(SessionRecord record)
    {
        (Generation, Update, TenantId) = (record.Generation, record.Update, record.TenantId);
        (Identity, TokenExpiresAt, Checkpoint) = (record.Identity, record.TokenExpiresAt, record.Checkpoint);
        (_positions, _replyBytes, _firstReply) = (0, 0, record.FirstReply);
        _memberships.Clear();
        _replies.Clear();
        _checkpoints.Clear();
        foreach (var membership in record.Memberships)
        {
            Add(membership);
        }

        foreach (var checkpoint in record.Memberships
            .SelectMany(static membership => membership.Positions)
            .Select(static position => position.Checkpoint)
            .Where(checkpoint => checkpoint > record.OldestCheckpoint)
            .Append(record.OldestCheckpoint)
            .Append(record.Checkpoint)
            .Distinct()
            .Order())
        {
            _checkpoints.Enqueue((_time.GetTimestamp(), checkpoint));
        }

        foreach (var reply in record.Replies)
        {
            AddReply(reply);
        }
    }

    private void Remove(int slot)
    {
        if (_memberships.Remove(slot, out var left))
        {
            _positions -= left.Positions.Length;
        }
    }

    private void Add(SessionMembership membership)
    {
        Remove(membership.Slot);
        _memberships[membership.Slot] = membership;
        _positions += membership.Positions.Length;
    }

    private void AddReply(ReadOnlyMemory<byte> reply)
    {
        _replies.Enqueue((_time.GetTimestamp(), reply));
        _replyBytes += reply.Length;
    }

    private void Move(long checkpoint, ImmutableArray<SessionMove> moves)
    {
        Checkpoint = checkpoint;
        _checkpoints.Enqueue((_time.GetTimestamp(), checkpoint));
        foreach (var (slot, position) in moves)
        {
            if (_memberships.TryGetValue(slot, out var membership))
            {
                _memberships[slot] = membership with { Positions = membership.Positions.Add(new SessionPosition(checkpoint, position)) };
                _positions++;
            }
        }
    }

    private static ImmutableArray<SessionSilence> Extend(ImmutableArray<SessionSilence> silences, SessionSilence silence) =>
        silences.Length > 0 && (silences[^1].From == silence.From || silences[^1].UpTo == silence.From)
            ? silences.SetItem(silences.Length - 1, silences[^1] with { UpTo = silence.UpTo })
            : silences.Length < MaxSilences ? silences.Add(silence) : [.. silences[1..], silence];

    /// <summary>Ids of earlier checkpoints aren't taken any more.</summary>
    private void ForgetBefore(long checkpoint)
    {
        foreach (var (slot, membership) in _memberships.ToArray())
        {
            var kept = membership.Positions;
            while (kept.Length > 1 && kept[1].Checkpoint <= checkpoint)
            {
                kept = kept.RemoveAt(0);
                _positions--;
            }

            _memberships[slot] = membership with { Positions = kept };
        }
    }
}
