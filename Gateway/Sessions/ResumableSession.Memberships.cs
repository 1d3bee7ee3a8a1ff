using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <content>The channels of a session.</content>
internal sealed partial class ResumableSession
{
    private readonly SlotGates _gates = new();
    private readonly Dictionary<int, ISubscription> _subscriptions = [];
    private int _lastSlot;
    private volatile bool _hasGates;

    /// <summary>Begins to join a channel: its messages wait until the client knows.</summary>
    /// <returns>The slot of the membership.</returns>
    public int BeginJoin()
    {
        lock (_lock)
        {
            Close(++_lastSlot);
            return _lastSlot;
        }
    }

    /// <summary>States where a membership begins.</summary>
    public void BeginMembership(int slot, ChannelPosition at)
    {
        if (_hasGates)
        {
            lock (_lock)
            {
                _gates.Begin(slot, at);
            }
        }
    }

    /// <summary>Its user has got or lost role 100.</summary>
    public void Promote(SessionPromotion promotion) => Change(changes => changes.Promote(promotion));

    /// <summary>Where a membership begins, of which the client doesn't know yet.</summary>
    public ChannelPosition BeginningOf(int slot)
    {
        lock (_lock)
        {
            return _gates.BeginningOf(slot) ?? throw new InvalidOperationException("The membership hasn't begun.");
        }
    }

    /// <summary>The channel has been joined.</summary>
    public void CompleteJoin(int slot, string name, ISubscription subscription, OutboundMessage reply)
    {
        SessionMembership membership;
        lock (_lock)
        {
            membership = new SessionMembership(slot, name, [new SessionPosition(_lastCheckpoint, _gates.BeginningOf(slot) ?? default)]);
            _subscriptions[slot] = subscription;
        }

        Change(
            changes =>
            {
                changes.Join(membership);
                changes.Reply(reply.Json);
            },
            new Delivery(reply, slot, null) { TakesEffect = true });
    }

    /// <summary>The channel couldn't be joined.</summary>
    public void CancelJoin(int slot)
    {
        lock (_lock)
        {
            _gates.Open(slot);
            _hasGates = _gates.Any;
        }
    }

    /// <summary>The slot of a channel it is a member of; null if it is none.</summary>
    public int? SlotOf(string name)
    {
        lock (_lock)
        {
            return _state is { } state
                && state.Memberships.Values.FirstOrDefault(membership => membership.Name == name) is { } found ? found.Slot : null;
        }
    }

    /// <summary>Ends a membership.</summary>
    public void Leave(int slot) => Leave([slot]);

    /// <summary>Ends all memberships.</summary>
    public void LeaveAll()
    {
        lock (_lock)
        {
            Leave(_state is { } state ? [.. state.Memberships.Keys] : []);
        }
    }

    /// <summary>Sends what was missed of a channel, then what has come meanwhile.</summary>
    public void Replay(int slot, ISubscription subscription, IEnumerable<OutboundMessage> missed)
    {
        lock (_lock)
        {
            _subscriptions[slot] = subscription;
            foreach (var message in missed)
            {
                _connection.Enqueue(new OutboxItem(message, slot));
            }

            Open(slot);
        }
    }

    /// <summary>Where its repositories are: everything up to there that is for it has been sent.</summary>
    public ImmutableArray<SessionMove> Settled()
    {
        KeyValuePair<int, ISubscription>[] subscriptions;
        lock (_lock)
        {
            if (_subscriptions.Count == 0 || _gates.Any)
            {
                return [];
            }

            subscriptions = [.. _subscriptions];
        }

        var settled = ImmutableArray.CreateBuilder<SessionMove>();
        foreach (var (slot, subscription) in subscriptions)
        {
            if (subscription.Settled is { } position)
            {
                settled.Add(new SessionMove(slot, position));
            }
        }

        return settled.ToImmutable();
    }

    /// <summary>There was nothing for it in a stretch of a repository.</summary>
    public void Quiet(int slot, SessionSilence silence) => Change(changes => changes.Quiet(new SessionQuietSlot(slot, silence)));

    private void Leave(ImmutableArray<int> slots) => Change(changes =>
    {
        foreach (var slot in slots)
        {
            _subscriptions.Remove(slot);
            changes.Leave(slot);
        }
    });

    private void Close(int slot)
    {
        _gates.Close(slot);
        _hasGates = true;
    }

    private void Open(int slot)
    {
        _connection.Outbox.Hold();
        foreach (var item in _gates.Open(slot))
        {
            _connection.Enqueue(item);
        }

        _connection.Outbox.Release();
        _hasGates = _gates.Any;
    }
}
