using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Channels;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Sessions;
using Realtime.Gateways;
using Realtime.Sessions;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Sessions;

/// <summary>What a gateway says to the grain of a session that it holds.</summary>
public sealed class SessionReplicaTests
{
    private readonly TestGateway _observer = new();
    private readonly RecordingGrain _grain = new();
    private readonly Connection _connection = TestConnections.Create();
    private readonly ResumableSession _session;

    public SessionReplicaTests()
    {
        var replicas = new SessionReplicas(
            TestGrains.From(_ => _grain), new GatewayIdentity { Observer = _observer }, TimeProvider.System, NullLogger<SessionReplica>.Instance);
        _connection.HoldNoSlot("tenant");
        _session = _connection.Remember(replicas, new LimitOptions(), TimeProvider.System);
    }

    [Fact]
    public async Task SessionThatHasEnded_IsNotStatedAnyMore_AndIsStatedWhole_WhenItIsBoundAgain()
    {
        await BindAsync();
        await JoinAsync();
        Assert.Equal(["hold", "save"], _grain.Heard);

        // Neither that it has no channels any more.
        _connection.Unbind();
        await ReplyAsync("unbound");
        Assert.Equal(["hold", "save"], _grain.Heard);

        await BindAsync();
        await ReplyAsync("bound again");
        Assert.Equal(["hold", "save", "hold", "save"], _grain.Heard);
    }

    private async Task BindAsync()
    {
        _session.Bind(
            "tenant", new CallerIdentity("db", "account", "user", 0, 1), DateTimeOffset.UtcNow.AddHours(1), TestConnections.Message("bound"));
        await SentAsync("bound");
    }

    private async Task JoinAsync()
    {
        var slot = _session.BeginJoin();
        _session.BeginMembership(slot, new ChannelPosition(1, 0));
        _session.CompleteJoin(slot, "room", new Subscription(), TestConnections.Message("joined"));
        await SentAsync("joined");
    }

    private async Task ReplyAsync(string text)
    {
        _connection.Send(TestConnections.Message(text));
        await SentAsync(text);
    }

    private Task SentAsync(string text) => Eventually.TrueAsync(() => _connection.Sent().Contains(text), text);

    private sealed class Subscription : ISubscription
    {
        public void Leave(Connection connection)
        {
        }
    }

    private sealed class RecordingGrain : ISessionGrain
    {
        public ConcurrentQueue<string> Heard { get; } = [];

        public ValueTask<SaveOutcome> HoldAsync(string gateway, IGatewayObserver observer, SessionRecord whole) => Hear("hold");

        public ValueTask<SaveOutcome> SaveAsync(long generation, SessionUpdate update) => Hear("save");

        public ValueTask OpenAsync(string gateway, IGatewayObserver observer) => throw new NotSupportedException();

        public ValueTask<PostOutcome> PostAsync(SessionPost post) => throw new NotSupportedException();

        public ValueTask<SessionRecord?> TakeAsync(string gateway, IGatewayObserver observer) => throw new NotSupportedException();

        public ValueTask LeaveAsync(long generation) => throw new NotSupportedException();

        public ValueTask CloseAsync() => throw new NotSupportedException();

        public ValueTask EndAsync(long generation) => throw new NotSupportedException();

        private ValueTask<SaveOutcome> Hear(string what)
        {
            Heard.Enqueue(what);
            return new(SaveOutcome.Saved);
        }
    }
}
