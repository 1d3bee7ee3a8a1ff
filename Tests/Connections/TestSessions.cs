using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;

namespace Realtime.Tests.Connections;

/// <summary>Sessions of connections without a transport.</summary>
internal static class TestSessions
{
    /// <summary>The connection's session, of a user who has authenticated.</summary>
    public static ResumableSession RememberUser(this Connection connection, TimeProvider time)
    {
        connection.HoldNoSlot("tenant");
        var session = connection.Remember(replicas: null, new LimitOptions(), time);
        session.Bind("tenant", new CallerIdentity("db", "account", "user", 0, 1), time.GetUtcNow().AddHours(1), MessageEncoder.Ok);
        return session;
    }

    /// <summary>Has it join a channel, which stands somewhere; returns the slot of the membership.</summary>
    public static int Join(this ResumableSession session, ChannelPosition start, string prefix = "room ")
    {
        var slot = session.BeginJoin();
        session.BeginMembership(slot, start);
        session.CompleteJoin(slot, $"{prefix}{slot}", new NoSubscription(), MessageEncoder.Ok);
        return slot;
    }
}
