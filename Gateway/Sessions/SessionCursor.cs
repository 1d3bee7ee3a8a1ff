using System.Collections.Immutable;
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

    // Which have moved since the checkpoint; the one that moved last is the last.
    private readonly List<Slot> _moved = [];
    private readonly byte[] _content = new byte[ResumeId.MaxBytes];
    private long _checkpoint;
    private long _replies;
    private long _checkpointAt;
    private int _length;
    private int _lastMoveAt;
    private int _nextSettled;
    private bool _isStale = true;
    private bool _isLastMoveStale;

    public SessionCursor(ResumableSession session, long replies, TimeProvider time)
    {
        (_session, _time, _replies) = (session, time, replies);
        (_checkpoint, _checkpointAt) = (session.Checkpoint, time.GetTimestamp());
        session.Secret.CopyTo(_content);
    }

    /// <summary>Whether an id would say more than the last one that was written.</summary>
    public bool HasNews { get; private set; } = true;

    /// <summary>Whether ids have become too long.</summary>
    public bool NeedsCheckpoint =>
        _length > LongBytes
        && (_length > ResumeId.MaxBytes - FixedBytes - MoveBytes || _time.GetElapsedTime(_checkpointAt) > CheckpointPause);

    /// <summary>Counts the next message, which the client will have got when it sees the id.</summary>
    public void Advance(OutboxItem item)
    {
        if (item.Slot == OutboxItem.ReplySlot)
        {
            _replies++;
            _isStale = HasNews = true;
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

        Refresh();

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

    private void Move(int number, ChannelPosition position)
    {
        if (_moved is [.., var last] && last.Number == number)
        {
            if (position > last.Current)
            {
                last.Current = position;
                _isLastMoveStale = HasNews = true;
            }

            return;
        }

        if (!_slots.TryGetValue(number, out var slot))
        {
            if (_session.GetBase(number, _checkpoint) is not { } @base)
            {
                // It was left while this was on its way.
                return;
            }

            slot = new Slot(number, @base);
            _slots.Add(number, slot);
        }

        if (position > slot.Current)
        {
            if (slot.Current != slot.Base)
            {
                _moved.Remove(slot);
            }

            _moved.Add(slot);
            slot.Current = position;
            _isStale = HasNews = true;
        }
    }

    private ChannelPosition? Get(int number) => _slots.TryGetValue(number, out var slot) ? slot.Current : _session.GetBase(number, _checkpoint);

    /// <summary>Makes the id of everything up to now; returns its length as text.</summary>
    public int Prepare()
    {
        Refresh();
        return ResumeId.LengthOf(_length);
    }

    /// <summary>Writes the id of everything up to now as text; returns its length, at most <see cref="ResumeId.MaxLength"/>.</summary>
    public int Write(Span<byte> destination)
    {
        Refresh();
        HasNews = false;
        return ResumeId.Encode(_content, _length, destination);
    }

    /// <summary>Makes the present the base of later ids.</summary>
    public async ValueTask CheckpointAsync()
    {
        _checkpoint = await _session.CheckpointAsync([.. _moved.Select(static slot => new SessionMove(slot.Number, slot.Current))]);
        foreach (var slot in _moved)
        {
            slot.Base = slot.Current;
        }

        foreach (var number in _slots.Keys.Where(number => _session.GetBase(number, _checkpoint) is null).ToList())
        {
            _slots.Remove(number);
        }

        _moved.Clear();
        _checkpointAt = _time.GetTimestamp();
        _isStale = HasNews = true;
    }

    private void Refresh()
    {
        if (_isStale)
        {
            WriteContent();
        }
        else if (_isLastMoveStale)
        {
            // All that differs between messages of one channel.
            _length = _lastMoveAt + WriteMove(_moved[^1], _content.AsSpan(_lastMoveAt));
            _isLastMoveStale = false;
        }
    }

    private void WriteContent()
    {
        Span<byte> content = _content;
        var length = SessionSecret.Length;
        length += VarInt.Write(content[length..], _checkpoint);
        length += VarInt.Write(content[length..], _replies);
        foreach (var slot in _moved)
        {
            _lastMoveAt = length;
            length += WriteMove(slot, content[length..]);
        }

        (_length, _isStale, _isLastMoveStale) = (length, false, false);
    }

    private static int WriteMove(Slot slot, Span<byte> content)
    {
        var isSameEpoch = slot.Current.Epoch == slot.Base.Epoch;
        var distance = isSameEpoch ? slot.Current.Offset - slot.Base.Offset : slot.Current.Offset;
        var length = VarInt.Write(content, slot.Number);
        length += VarInt.Write(content[length..], (distance << 1) | (isSameEpoch ? 0L : 1L));
        return isSameEpoch ? length : length + VarInt.Write(content[length..], slot.Current.Epoch);
    }

    /// <summary>A membership that messages have come from.</summary>
    private sealed class Slot(int number, ChannelPosition @base)
    {
        public int Number => number;

        public ChannelPosition Base { get; set; } = @base;

        public ChannelPosition Current { get; set; } = @base;
    }
}
