using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// The part of a connection that outlives it (protocol 1.9): whose it is, its channels, and what its client may not have got.
/// What is said to the client about them is kept in a second process first, if there is one.
/// </summary>
internal sealed partial class ResumableSession
{
    private const int MaxBytesAtOnce = 64 * 1024;

    private readonly Connection _connection;
    private readonly SessionReplica? _replica;
    private readonly TimeProvider _time;
    private readonly long _maxHeldBytes;
    private readonly Lock _lock = new();
    private SessionState? _state;
    private long _lastCheckpoint;
    private long _lastUpdate;
    private bool _isBound;
    private bool _isOver;

    /// <param name="secret">Its secret.</param>
    /// <param name="connection">The connection.</param>
    /// <param name="replicas">Keeps what is said in a second process; null if this process is all there is.</param>
    /// <param name="maxHeldBytes">Bytes that may wait for a membership to begin.</param>
    /// <param name="time">The clock.</param>
    public ResumableSession(
        SessionSecret secret, Connection connection, SessionReplicas? replicas, long maxHeldBytes, TimeProvider time)
    {
        (Secret, _connection, _maxHeldBytes, _time) = (secret, connection, maxHeldBytes, time);
        _replica = replicas?.Create(this);
    }

    public SessionSecret Secret { get; }

    /// <summary>How long what its client may not have got is kept.</summary>
    public TimeSpan KeptFor { get; init; } = SessionState.Memory;

    public Guid Sid => Secret.Sid;

    /// <summary>The latest checkpoint.</summary>
    public long Checkpoint
    {
        get
        {
            lock (_lock)
            {
                return _lastCheckpoint;
            }
        }
    }

    /// <summary>Whether it can be gone on with after its stream has ended.</summary>
    public bool IsResumable
    {
        get
        {
            lock (_lock)
            {
                return _state is not null && _isBound && !_isOver;
            }
        }
    }

    /// <summary>Whether its grain keeps it, too.</summary>
    public bool HasReplica => _replica is not null;

    /// <summary>Bytes that it holds, about.</summary>
    public long SizeInBytes
    {
        get
        {
            lock (_lock)
            {
                return _state?.SizeInBytes ?? 0;
            }
        }
    }

    /// <summary>Leads replies that come after it was given away to where it is, one at a time; they are lost where this isn't set.</summary>
    public Func<ResumableSession, OutboundMessage, Task>? SendLate { get; set; }

    /// <summary>Whether it was given away.</summary>
    public bool IsOver
    {
        get
        {
            lock (_lock)
            {
                return _isOver;
            }
        }
    }

    /// <summary>Rises each time another gateway takes the session over.</summary>
    public long Generation => _state?.Generation ?? 0;

    /// <summary>Number of its channels.</summary>
    public int Count
    {
        get
        {
            lock (_lock)
            {
                return _state is { } state ? state.Memberships.Count : 0;
            }
        }
    }

    /// <summary>Goes on with what another gateway held. Its channels are closed until they are opened by <see cref="Replay"/>.</summary>
    /// <param name="record">The session.</param>
    /// <param name="id">What its client has got; null if it hasn't come back yet.</param>
    /// <returns>Its channels and how far the client had got; null if that can't be told without a gap.</returns>
    public IReadOnlyList<MissedChannel>? Restore(SessionRecord record, ResumeId? id)
    {
        lock (_lock)
        {
            _state = new SessionState(record, _time) { KeptFor = KeptFor };
            _isBound = true;
            (_lastCheckpoint, _lastUpdate) = (record.Checkpoint, record.Update);
            _lastSlot = record.Memberships.Select(static membership => membership.Slot).DefaultIfEmpty().Max();
            if (id is not null)
            {
                return GoOn(record, id);
            }

            // Slots of memberships that have ended may be used again: ids from before don't mean those.
            RaiseCheckpoint([]);
            return [];
        }
    }

    /// <summary>Binds it to a user, and says so.</summary>
    public void Bind(string tenantId, CallerIdentity identity, DateTimeOffset tokenExpiresAt, OutboundMessage reply)
    {
        lock (_lock)
        {
            _isBound = true;
            if (_state is null)
            {
                var empty = new SessionRecord(0, 0, tenantId, identity, tokenExpiresAt, 0, 0, [], 1, []);
                _state = new SessionState(empty, _time) { KeptFor = KeptFor };
            }
        }

        Change(
            changes =>
            {
                changes.Bind(identity, tokenExpiresAt);
                changes.Reply(reply.Json);
            },
            new Delivery(reply, null, null) { TakesEffect = true });
    }

    /// <summary>The same user, with another role.</summary>
    public void Refresh(CallerIdentity identity, DateTimeOffset tokenExpiresAt) => Change(changes => changes.Bind(identity, tokenExpiresAt));

    /// <summary>Its user is gone, or its token has expired: it can't be gone on with, unless it is bound again.</summary>
    public void Unbind()
    {
        lock (_lock)
        {
            _isBound = false;
        }
    }

    /// <summary>Sends a direct reply, once.</summary>
    public void Reply(OutboundMessage reply) => Change(changes => changes.Reply(reply.Json), new Delivery(reply, null, null));

    /// <summary>Sends a message of a channel, or several that came together.</summary>
    public void Send(OutboundMessage message, int slot)
    {
        if (_hasGates && TryHold(message, slot))
        {
            return;
        }

        if (message.Length <= MaxBytesAtOnce)
        {
            _connection.Enqueue(new OutboxItem(message, slot));
            return;
        }

        // The writer looks between items whether the stream takes more, and what it has written is a copy of its own.
        _connection.Outbox.Hold();
        foreach (var part in message.Messages)
        {
            _connection.Enqueue(new OutboxItem(part, slot));
        }

        _connection.Outbox.Release();
    }

    /// <summary>What an id that names a checkpoint begins to count from; null if it is no member.</summary>
    public ChannelPosition? GetBase(int slot, long checkpoint)
    {
        lock (_lock)
        {
            return _state is { } state && state.Memberships.TryGetValue(slot, out var membership) ? membership.At(checkpoint) : null;
        }
    }

    /// <summary>Makes what the client has been written the base of later ids.</summary>
    /// <returns>Number of the checkpoint, when it is kept.</returns>
    public async ValueTask<long> CheckpointAsync(ImmutableArray<SessionMove> moved)
    {
        var kept = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        long number;
        lock (_lock)
        {
            number = ++_lastCheckpoint;
        }

        Change(changes => changes.Checkpoint(number, moved), new Delivery(null, null, kept));
        await kept.Task;
        return number;
    }

    /// <summary>Its stream has ended; what comes from now on waits for the next.</summary>
    public void Suspend()
    {
        lock (_lock)
        {
            _gates.Clear();
            _hasGates = false;
            _subscriptions.Clear();
        }
    }

    /// <summary>Gives it away: nothing that happens here counts any more.</summary>
    /// <returns>The session; null if it can't be gone on with.</returns>
    public SessionRecord? Release()
    {
        lock (_lock)
        {
            var record = _state is { } state && _isBound && !_isOver ? state.ToRecord() with { Update = ++_lastUpdate } : null;
            _isOver = true;

            // Nobody is told any more; what was said is in the record.
            _deliveries.ForEach(static delivery => delivery.Kept?.TrySetResult());
            _deliveries.Clear();
            return record;
        }
    }

    /// <summary>Ends it here: it is nowhere any more, or went on without this gateway.</summary>
    public void Discard()
    {
        SendLate = null;
        Release();
    }

    /// <summary>Forgets what its client has long got.</summary>
    public void Trim()
    {
        lock (_lock)
        {
            _state?.Trim();
        }
    }

    private bool TryHold(OutboundMessage message, int slot)
    {
        lock (_lock)
        {
            if (!_gates.TryHold(new OutboxItem(message, slot)))
            {
                return false;
            }

            if (_gates.Bytes > _maxHeldBytes)
            {
                _connection.End(EndReason.SlowReader);
            }

            return true;
        }
    }

    /// <summary>States it to its grain, which may have been lost.</summary>
    public void Restate() => _replica?.Restate();

    /// <summary>Waits until its grain has heard everything.</summary>
    public Task HoldAsync() => _replica?.HoldAsync() ?? Task.CompletedTask;
}
