using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// What has been written to one client, and the ids that say so (protocol 1.9). Used by the one writer of a stream.
/// </summary>
internal sealed class SessionCursor
{
    /// <summary>Room that one more move needs at most.</summary>
    private const int MoveBytes = 3 * VarInt.MaxLength;

    // A repository has no epochs.
    private const int RepositoryMoveBytes = 2 * VarInt.MaxLength;

    // Ids longer than this make a checkpoint, unless one was made just before.
    private const int LongBytes = 160;

    private const int FixedBytes = SessionSecret.Length + (2 * VarInt.MaxLength) + 4;

    private static readonly TimeSpan CheckpointPause = TimeSpan.FromSeconds(2);

    private readonly ResumableSession _session;
    private readonly TimeProvider _time;
    private readonly Dictionary<int, Slot> _slots = [];
    private readonly List<int> _moved = [];
    private readonly byte[] _content = new byte[ResumeId.MaxBytes];
    private long _checkpoint;
    private long _replies;
    private long _checkpointAt;
    private int _length;
    private int _nextSettled;
    private bool _isStale = true;

    public SessionCursor(ResumableSession session, long replies, TimeProvider time)
    {
        (_session, _time, _replies) = (session, time, replies);
        (_checkpoint, _checkpointAt) = (session.Checkpoint, time.GetTimestamp());
        session.Secret.CopyTo(_content);
    }

    /// <summary>Whether an id would say more than the last one.</summary>
    public bool HasNews => _isStale;

    /// <summary>Whether ids have become too long.</summary>
    public bool NeedsCheckpoint =>
        _length > LongBytes
        && (_length > ResumeId.MaxBytes - FixedBytes - MoveBytes || _time.GetElapsedTime(_checkpointAt) > CheckpointPause);

    /// <summary>
    /// Counts the next message, which the client will have got when it sees the id. Waits for a checkpoint if ids have become
    /// too long.
    /// </summary>
    public ValueTask AdvanceAsync(OutboxItem item)
    {
        Advance(item);
        return NeedsCheckpoint ? CheckpointAsync() : ValueTask.CompletedTask;
    }

    /// <summary>Counts the next message.</summary>
    public void Advance(OutboxItem item)
    {
        if (item.Slot == OutboxItem.ReplySlot)
        {
            _replies++;
            _isStale = true;
        }
        else if (item.Slot >= 0)
        {
            Move(item.Slot, item.Message.Position);
        }
        else
        {
            Settle(item.Message.Settled);
        }
    }

    private void Settle(ImmutableArray<SessionMove> settled)
    {
        if (settled.IsEmpty)
        {
            return;
        }

        if (_isStale)
        {
            WriteContent();
        }

        // What doesn't fit into one id goes with a later heartbeat, not always the same.
        var room = (ResumeId.MaxBytes - FixedBytes - MoveBytes - _length) / RepositoryMoveBytes;
        for (var i = 0; i < settled.Length && room > 0; i++)
        {
            _nextSettled = (_nextSettled + 1) % settled.Length;
            var (slot, position) = settled[_nextSettled];
            if (Get(slot) is { } last && position > last)
            {
                _session.Quiet(slot, new SessionSilence(last, position));
                Move(slot, position);
                room--;
            }
        }
    }

    private void Move(int slot, ChannelPosition position)
    {
        ref var state = ref CollectionsMarshal.GetValueRefOrNullRef(_slots, slot);
        if (Unsafe.IsNullRef(ref state))
        {
            if (_session.GetBase(slot, _checkpoint) is not { } @base)
            {
                // It was left while this was on its way.
                return;
            }

            _slots.Add(slot, new Slot { Base = @base, Current = @base });
            state = ref CollectionsMarshal.GetValueRefOrNullRef(_slots, slot);
        }

        if (position <= state.Current)
        {
            return;
        }

        if (state.Current == state.Base)
        {
            _moved.Add(slot);
        }

        state.Current = position;
        _isStale = true;
    }

    private ChannelPosition? Get(int slot) => _slots.TryGetValue(slot, out var state) ? state.Current : _session.GetBase(slot, _checkpoint);

    /// <summary>Makes the id of everything up to now; returns its length as text.</summary>
    public int Prepare()
    {
        if (_isStale)
        {
            WriteContent();
        }

        return ResumeId.LengthOf(_length);
    }

    /// <summary>Writes the id of everything up to now as text; returns its length, at most <see cref="ResumeId.MaxLength"/>.</summary>
    public int Write(Span<byte> destination)
    {
        if (_isStale)
        {
            WriteContent();
        }

        return ResumeId.Encode(_content, _length, destination);
    }

    /// <summary>Makes the present the base of later ids.</summary>
    public async ValueTask CheckpointAsync()
    {
        _checkpoint = await _session.CheckpointAsync([.. _moved.Select(slot => new SessionMove(slot, _slots[slot].Current))]);
        foreach (var slot in _moved)
        {
            _slots[slot] = _slots[slot] with { Base = _slots[slot].Current };
        }

        foreach (var slot in _slots.Keys.Where(slot => _session.GetBase(slot, _checkpoint) is null).ToList())
        {
            _slots.Remove(slot);
        }

        _moved.Clear();
        _checkpointAt = _time.GetTimestamp();
        _isStale = true;
    }

    private void WriteContent()
    {
        Span<byte> content = _content;
        var length = SessionSecret.Length;
        length += VarInt.Write(content[length..], _checkpoint);
        length += VarInt.Write(content[length..], _replies);
        foreach (var slot in _moved)
        {
            ref var state = ref CollectionsMarshal.GetValueRefOrNullRef(_slots, slot);
            var isSameEpoch = state.Current.Epoch == state.Base.Epoch;
            var distance = isSameEpoch ? state.Current.Offset - state.Base.Offset : state.Current.Offset;
            length += VarInt.Write(content[length..], slot);
            length += VarInt.Write(content[length..], (distance << 1) | (isSameEpoch ? 0L : 1L));
            length += isSameEpoch ? 0 : VarInt.Write(content[length..], state.Current.Epoch);
        }

        (_length, _isStale) = (length, false);
    }

    private record struct Slot
    {
        public ChannelPosition Base { get; init; }

        public ChannelPosition Current { get; set; }
    }
}
