using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// What has been written to one client, and the ids that say so (protocol 1.9). Used by the one writer of a stream.
/// </summary>
internal sealed class SessionCursor
{
    // Room that one more move needs at most.
    private const int MoveBytes = VarInt.MaxLength + ResumeStep.MaxBytes;

    // If a session's part of its ids is longer than this, a checkpoint is made, unless one was made just before.
    private const int LongBytes = 160;

    // Room for numbers that grow, for the move that isn't the last any more, and for one more.
    private const int ReservedBytes = (2 * VarInt.MaxLength) + (2 * MoveBytes);

    private static readonly TimeSpan CheckpointPause = TimeSpan.FromSeconds(2);

    private readonly ResumableSession _session;
    private readonly TimeProvider _time;
    private readonly Dictionary<int, Slot> _slots = [];

    // Which have moved since the checkpoint; the one that moved last is the last.
    private readonly List<Slot> _moved = [];

    // An id is head and tail: what differs from session to session, and where the channel has got that has moved last.
    private byte[] _head = [];
    private byte[] _tail = [];
    private int _headLength;
    private int _tailLength;
    private int _headBytes;
    private long _checkpoint;
    private long _replies;
    private long _checkpointAt;
    private int _nextSettled;
    private bool _isStale = true;
    private bool _isTailStale = true;

    public SessionCursor(ResumableSession session, long replies, TimeProvider time)
    {
        (_session, _time, _replies) = (session, time, replies);
        (_checkpoint, _checkpointAt) = (session.Checkpoint, time.GetTimestamp());
    }

    /// <summary>Whether an id would say more than the last one that was written.</summary>
    public bool HasNews { get; private set; } = true;

    /// <summary>Whether ids have become too long.</summary>
    public bool NeedsCheckpoint =>
        _headBytes > LongBytes
        && (_headBytes > ResumeId.MaxHeadBytes - ReservedBytes || _time.GetElapsedTime(_checkpointAt) > CheckpointPause);

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

    /// <summary>
    /// Counts the next messages, if they are of one channel and their ids differ from those of other members by no more than the
    /// session's part, which <see cref="Head"/> is then.
    /// </summary>
    /// <returns>What goes after the session's part, for each of them; null if there is no such thing, and nothing was counted.</returns>
    public SharedEvents? TryAdvance(OutboxItem item)
    {
        var message = item.Message;
        if (item.Slot <= ResumeId.NoSlot
            || Find(item.Slot) is not { } slot
            || message.First <= slot.Current
            || message.EventsFor(slot.StepTo(message.Position).IsNear) is not { } events)
        {
            return null;
        }

        Move(item.Slot, message.Position);
        RefreshHead();
        HasNews = false;
        return events;
    }

    /// <summary>The session's part of the id of everything up to now, which the other part goes after.</summary>
    public ReadOnlySpan<byte> Head => _head.AsSpan(0, _headLength);

    private void Settle(ImmutableArray<SessionMove> settled)
    {
        if (settled.IsEmpty)
        {
            return;
        }

        RefreshHead();

        // What doesn't fit into one id goes with a later heartbeat, not always the same.
        var room = (ResumeId.MaxHeadBytes - ReservedBytes - _headBytes) / MoveBytes;
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
        if (Find(number) is not { } slot || position <= slot.Current)
        {
            return;
        }

        HasNews = true;
        if (_moved is [.., var last] && last == slot)
        {
            _isTailStale = true;
        }
        else
        {
            if (slot.Current != slot.Base)
            {
                _moved.Remove(slot);
            }

            _moved.Add(slot);
            _isStale = true;
        }

        slot.Current = position;
    }

    private ChannelPosition? Get(int number) => _slots.TryGetValue(number, out var slot) ? slot.Current : _session.GetBase(number, _checkpoint);

    /// <summary>The membership; null if it was left while something was on its way.</summary>
    private Slot? Find(int number)
    {
        if (_moved is [.., var last] && last.Number == number)
        {
            return last;
        }

        if (!_slots.TryGetValue(number, out var slot) && _session.GetBase(number, _checkpoint) is { } @base)
        {
            slot = new Slot(number, @base);
            _slots.Add(number, slot);
        }

        return slot;
    }

    /// <summary>Makes the id of everything up to now; returns its length as text.</summary>
    public int Prepare()
    {
        RefreshHead();
        if (_isTailStale)
        {
            if (_tail.Length == 0)
            {
                _tail = new byte[ResumeStep.MaxTextLength];
            }

            _tailLength = _moved is [.., var last] ? last.StepTo(last.Current).WriteText(_tail) : 0;
            _isTailStale = false;
        }

        return _headLength + _tailLength;
    }

    /// <summary>Writes the id of everything up to now as text; returns its length, at most <see cref="ResumeId.MaxLength"/>.</summary>
    public int Write(Span<byte> destination)
    {
        var length = Prepare();
        Head.CopyTo(destination);
        _tail.AsSpan(0, _tailLength).CopyTo(destination[_headLength..]);
        HasNews = false;
        return length;
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

    private void RefreshHead()
    {
        if (!_isStale)
        {
            return;
        }

        Span<byte> content = stackalloc byte[ResumeId.MaxHeadBytes + CheckedText.ChecksumLength];
        _session.Secret.CopyTo(content);
        var length = SessionSecret.Length;
        length += VarInt.Write(content[length..], _checkpoint);
        length += VarInt.Write(content[length..], _replies);
        length += VarInt.Write(content[length..], _moved is [.., var last] ? last.Number : ResumeId.NoSlot);
        for (var i = 0; i < _moved.Count - 1; i++)
        {
            length += VarInt.Write(content[length..], _moved[i].Number);
            length += _moved[i].StepTo(_moved[i].Current).Write(content[length..]);
        }

        var textLength = CheckedText.LengthOf(length) + 1;
        if (_head.Length < textLength)
        {
            _head = new byte[textLength];
        }

        _headLength = CheckedText.Encode(content, length, _head);
        if (_moved.Count > 0)
        {
            _head[_headLength++] = ResumeId.Separator;
        }

        (_headBytes, _isStale, _isTailStale) = (length, false, true);
    }

    /// <summary>A membership that messages have come from.</summary>
    private sealed class Slot(int number, ChannelPosition @base)
    {
        public int Number => number;

        public ChannelPosition Base { get; set; } = @base;

        public ChannelPosition Current { get; set; } = @base;

        public ResumeStep StepTo(ChannelPosition position) => ResumeStep.Between(Base, position);
    }
}
