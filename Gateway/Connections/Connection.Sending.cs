using Realtime.Channels;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Sessions;

namespace Realtime.Gateway.Connections;

/// <content>What is sent to the client, by way of its session if it has one.</content>
internal sealed partial class Connection
{
    /// <summary>What outlives the connection; null if its client can't come back.</summary>
    public ResumableSession? Session { get; private set; }

    /// <summary>Lets its client come back after the connection has ended (protocol 1.9).</summary>
    /// <param name="replicas">Keeps it in a second process; null if this process is all there is.</param>
    /// <param name="limits">Bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="window">How long its client may be away.</param>
    public ResumableSession Remember(SessionReplicas? replicas, LimitOptions limits, TimeProvider time, TimeSpan window = default) =>
        Session = new ResumableSession(Secret, this, replicas, limits.OutboxBytes, time) { KeptFor = SessionState.MemoryFor(window) };

    /// <summary>Sends a direct reply.</summary>
    public void Send(OutboundMessage message)
    {
        if (Session is { } session)
        {
            session.Reply(message);
        }
        else
        {
            Enqueue(new OutboxItem(message, OutboxItem.NoSlot));
        }
    }

    /// <summary>Sends a message of a channel, or several that came together.</summary>
    /// <param name="message">The message.</param>
    /// <param name="slot">The session's number of the membership.</param>
    public void Send(OutboundMessage message, int slot)
    {
        if (Session is { } session)
        {
            session.Send(message, slot);
        }
        else
        {
            Enqueue(new OutboxItem(message, slot));
        }
    }

    /// <summary>Sends what says that the stream is alive.</summary>
    public void SendHeartbeat() => Enqueue(new OutboxItem(
        Session is { } session ? OutboundMessage.HeartbeatAt(session.Settled()) : OutboundMessage.Heartbeat, OutboxItem.NoSlot));

    /// <summary>States where a membership begins.</summary>
    public void BeginMembership(int slot, ChannelPosition at) => Session?.BeginMembership(slot, at);

    /// <summary>States where its user has got or lost role 100.</summary>
    public void Promote(int slot, ChannelPosition at, bool isToAll) => Session?.Promote(new SessionPromotion(slot, at, isToAll));

    /// <summary>Puts a message into the outbox; a reader that is too slow is ended, never waited for.</summary>
    public void Enqueue(OutboxItem item)
    {
        if (!Outbox.TryAdd(item))
        {
            End(Connections.EndReason.SlowReader);
        }
        else
        {
            Outbox.Flush();
        }
    }
}
