using System.Collections.Immutable;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <content>How changes are kept before the client hears of them, and how a session is gone on with.</content>
internal sealed partial class ResumableSession
{
    private static readonly OutboundMessage NotDone = MessageEncoder.Error(ErrorTexts.UnableToSend);

    private readonly SessionChanges _own = new();
    private readonly SessionChanges _unsaved = new();
    private readonly List<Delivery> _deliveries = [];
    private Task _late = Task.CompletedTask;

    // Bound again, it is told anew: what happened while it wasn't is not kept.
    private bool _mustStateWhole;

    /// <summary>What the grain hasn't heard; null if there is nothing.</summary>
    /// <param name="isWhole">Whether it needs everything.</param>
    internal UnsavedChanges? TakeUnsaved(bool isWhole)
    {
        lock (_lock)
        {
            if (_state is not { } state || _isOver || (_unsaved.IsEmpty && _deliveries.Count == 0 && !isWhole))
            {
                return null;
            }

            Delivery[] deliveries = [.. _deliveries];
            _deliveries.Clear();
            if (!_isBound)
            {
                // It can't be gone on with, and its grain may have heard so: what came later would bring it back to life there.
                _unsaved.Take(_lastUpdate);
                _mustStateWhole = true;
                return deliveries.Length > 0 ? new UnsavedChanges(null, null, deliveries) : null;
            }

            isWhole |= _mustStateWhole;
            _mustStateWhole = false;
            var update = isWhole || !_unsaved.IsEmpty ? _unsaved.Take(++_lastUpdate) : null;
            return new UnsavedChanges(
                isWhole ? null : update, isWhole ? state.ToRecord() with { Update = _lastUpdate } : null, deliveries);
        }
    }

    /// <summary>Lets the client hear what is kept.</summary>
    internal void Deliver(IEnumerable<Delivery> deliveries)
    {
        lock (_lock)
        {
            foreach (var delivery in deliveries)
            {
                Deliver(delivery);
            }
        }
    }

    /// <summary>States that the client won't hear of changes.</summary>
    internal static void Drop(IEnumerable<Delivery> deliveries)
    {
        foreach (var delivery in deliveries)
        {
            delivery.Kept?.TrySetResult();
        }
    }

    /// <summary>Another gateway has it, and took it without this one. Nobody waits for replies from here any more.</summary>
    internal void Lose()
    {
        Discard();
        _connection.End(EndReason.TakenOver);
    }

    private void Change(Action<SessionChanges> change, Delivery delivery = default)
    {
        lock (_lock)
        {
            if (_isOver)
            {
                delivery.Kept?.TrySetResult();
                ReplyLate(delivery);
                return;
            }

            if (_state is null)
            {
                // Who has never authenticated can't come back either.
                Deliver(delivery);
                return;
            }

            change(_own);
            _state.TryApply(_own.Take(_state.Update + 1));
            if (_replica is null)
            {
                Deliver(delivery);
                return;
            }

            change(_unsaved);
            if (delivery != default)
            {
                _deliveries.Add(delivery);
            }
        }

        _replica.Wake();
    }

    /// <summary>Call with the lock.</summary>
    private void ReplyLate(Delivery delivery)
    {
        if (SendLate is { } send && delivery.Reply is { } reply)
        {
            _late = SendAfterAsync(_late, send, delivery.TakesEffect ? NotDone : reply);
        }
    }

    private async Task SendAfterAsync(Task former, Func<ResumableSession, OutboundMessage, Task> send, OutboundMessage reply)
    {
        await former;
        await send(this, reply);
    }

    private List<MissedChannel>? GoOn(SessionRecord record, ResumeId id)
    {
        if (id.Checkpoint < record.OldestCheckpoint
            || id.Checkpoint > record.Checkpoint
            || id.Replies < record.FirstReply - 1
            || id.Replies > record.LastReply)
        {
            return null;
        }

        var moves = id.Moves.DistinctBy(static move => move.Slot).ToDictionary(static move => move.Slot);
        var missed = new List<MissedChannel>();
        foreach (var membership in record.Memberships)
        {
            // A membership that began later has a slot that another may have had before.
            var start = membership.At(id.Checkpoint);
            var position = membership.Positions[0].Checkpoint <= id.Checkpoint && moves.TryGetValue(membership.Slot, out var move)
                ? move.Step.From(start)
                : start;
            if (position < start)
            {
                // Only who makes up an id goes back, to read what was before the membership.
                return null;
            }

            var after = membership.SkipSilence(position);
            if (record.Identity.IsRoot && after < membership.AllUpTo)
            {
                // It may have missed events of two times with role 100, with one between in which others weren't for it.
                return null;
            }

            missed.Add(new MissedChannel(membership.Slot, membership.Name, after) { AllFrom = membership.AllFrom });
        }

        // From here on positions count from what the client has got, wherever it has got it.
        RaiseCheckpoint([.. missed.Select(static channel => new SessionMove(channel.Slot, channel.After))]);
        foreach (var reply in record.Replies.Skip((int)(id.Replies - record.FirstReply + 1)))
        {
            _connection.Enqueue(OutboxItem.Reply(OutboundMessage.WithSidSlot(reply)));
        }

        foreach (var channel in missed)
        {
            Close(channel.Slot);
        }

        return missed;
    }

    private void RaiseCheckpoint(ImmutableArray<SessionMove> moves)
    {
        _own.Checkpoint(++_lastCheckpoint, moves);
        _state!.TryApply(_own.Take(_state.Update + 1));
    }

    private void Deliver(Delivery delivery)
    {
        if (delivery.Reply is { } reply)
        {
            _connection.Enqueue(_state is null ? new OutboxItem(reply, OutboxItem.NoSlot) : OutboxItem.Reply(reply));
        }

        if (delivery.Opened is { } slot)
        {
            Open(slot);
        }

        delivery.Kept?.TrySetResult();
    }

    /// <summary>What happens when a change is kept.</summary>
    /// <param name="Reply">Sent to the client.</param>
    /// <param name="Opened">The channel whose messages may be written.</param>
    /// <param name="Kept">Completed.</param>
    internal readonly record struct Delivery(OutboundMessage? Reply, int? Opened, TaskCompletionSource? Kept)
    {
        /// <summary>Whether the reply states what only holds where the change is known.</summary>
        public bool TakesEffect { get; init; }
    }

    /// <summary>What a session's grain is to be told.</summary>
    /// <param name="Update">What has changed; null if everything is told, or nothing has.</param>
    /// <param name="Whole">Everything.</param>
    /// <param name="Deliveries">What happens then.</param>
    internal sealed record UnsavedChanges(SessionUpdate? Update, SessionRecord? Whole, Delivery[] Deliveries);
}

/// <summary>A channel of a session that has come back.</summary>
/// <param name="Slot">The membership.</param>
/// <param name="Name">Name of the channel.</param>
/// <param name="After">What its client has got.</param>
internal readonly record struct MissedChannel(int Slot, string Name, Realtime.Channels.ChannelPosition After)
{
    /// <summary>Up to here it was told only of what its user could read without role 100.</summary>
    public Realtime.Channels.ChannelPosition AllFrom { get; init; }
}
