using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Tests.Connections;

public sealed class AbsentSessionsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void BeyondBounds_NamesThoseThatHaveBeenAwayForLongest_OfEachTenant()
    {
        var absents = new AbsentSessions(Options.Create(new LimitOptions { MaxAbsentSessions = 2 }));
        var sessions = new[] { "a", "b", "a", "a", "a" }.Select(Create).ToArray();

        var hasRoom = sessions.Select(absents.Add).ToArray();

        Assert.Equal([true, true, true, false, false], hasRoom);
        Assert.Equal([sessions[2], sessions[0]], absents.BeyondBounds("a"));
        Assert.Equal([sessions[2], sessions[0]], absents.BeyondBounds());
        Assert.Equal((false, true), (absents.HasRoom("a"), absents.HasRoom("b")));
    }

    [Fact]
    public void BeyondBounds_CountsBytes()
    {
        var absents = new AbsentSessions(Options.Create(new LimitOptions { AbsentBytes = 5000 }));
        var small = Create("a");
        var large = Create("a");
        large.Session!.Reply(OutboundMessage.WithSidSlot(new byte[6000]));
        absents.Add(small);
        absents.Add(large);

        Assert.Equal([large, small], absents.BeyondBounds("a"));
    }

    [Fact]
    public void Remove_ForgetsOnlyThatVeryConnection()
    {
        var absents = new AbsentSessions(Options.Create(new LimitOptions()));
        var session = Create("a");
        absents.Add(session);
        var successor = new Connection(TransportKind.ServerSentEvents, "db", new LimitOptions(), _time, session.Secret);

        Assert.False(absents.Remove(successor));
        Assert.True(absents.TryGet(session.Sid, out _));
        Assert.True(absents.Remove(session));
        Assert.Equal(0, absents.Count);
    }

    private Connection Create(string tenant)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        var connection = new Connection(TransportKind.ServerSentEvents, "db", new LimitOptions(), _time);
        connection.HoldNoSlot(tenant);
        connection.Remember(replicas: null, new LimitOptions(), _time)
            .Bind(tenant, new CallerIdentity("db", "account", "user", 0, 1), _time.GetUtcNow().AddHours(1), MessageEncoder.Ok);
        connection.AbsentSince = _time.GetUtcNow();
        return connection;
    }
}
