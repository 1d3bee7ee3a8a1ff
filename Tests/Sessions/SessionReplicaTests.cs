using System.Collections.Concurrent;
using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
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
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UtcNow);
    private readonly RecordingGrain _grain = new();
    private readonly Connection _connection = TestConnections.Create();
    private readonly ResumableSession _session;
    private readonly ConcurrentQueue<string> _sentLate = [];
    private TaskCompletionSource _beforeSent = new();

    public SessionReplicaTests()
    {
        _beforeSent.SetResult();
        var replicas = new SessionReplicas(
            TestGrains.From(_ => _grain), new GatewayIdentity { Observer = _observer }, _time, NullLogger<SessionReplica>.Instance);
        _connection.HoldNoSlot("tenant");
        _session = _connection.Remember(replicas, new LimitOptions(), _time);
        _session.SendLate = async (_, reply) =>
        {
            await _beforeSent.Task;
            _sentLate.Enqueue(Encoding.UTF8.GetString(reply.Json.Span));
        };
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

    [Fact]
    public async Task Client_HearsNothingThatTheHolderDoesNotKnow_WhenItsSessionIsElsewhere()
    {
        await BindAsync();
        _grain.Outcome = SaveOutcome.NotHolder;

        _connection.Send(TestConnections.Message("unknown there"));
        await _connection.Ended.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Assert.Equal(EndReason.TakenOver, _connection.EndReason);
        Assert.Empty(_connection.Sent());
        _connection.Send(TestConnections.Message("late"));
        Assert.Empty(_sentLate);
    }

    [Fact]
    public async Task RepliesThatComeLate_FollowTheSession_OneAfterTheOther_AndSayWhatHoldsThere()
    {
        await BindAsync();
        var slot = _session.BeginJoin();
        _session.BeginMembership(slot, new ChannelPosition(1, 0));
        _session.Release();
        _beforeSent = new TaskCompletionSource();

        _connection.Send(TestConnections.Message("accepted"));
        _session.CompleteJoin(slot, "room", new Subscription(), TestConnections.Message("joined"));
        _session.Bind(
            "tenant", new CallerIdentity("db", "account", "other", 0, 1), DateTimeOffset.UtcNow.AddHours(1), TestConnections.Message("bound"));
        _connection.Send(TestConnections.Message("last"));
        Assert.Empty(_sentLate);
        _beforeSent.SetResult();
        await Eventually.TrueAsync(() => _sentLate.Count == 4, "all replies");

        var refused = Encoding.UTF8.GetString(MessageEncoder.Error(ErrorTexts.UnableToSend).Json.Span);
        Assert.Equal(["accepted", refused, refused, "last"], _sentLate);
    }

    [Fact]
    public async Task RepliesOfASessionThatHasEnded_AreSentToNobody()
    {
        await BindAsync();

        _session.Discard();
        _connection.Send(TestConnections.Message("late"));

        Assert.Empty(_sentLate);
    }

    [Fact]
    public async Task Client_HearsNothing_UntilItIsKnownWhoHoldsIt_WhenThisProcessStoodStill()
    {
        await BindAsync();
        _grain.Answer = new TaskCompletionSource<SaveOutcome>();
        _connection.Send(TestConnections.Message("before"));
        await Eventually.TrueAsync(() => _grain.Heard.Count == 2, "the change to be told");

        // The clock has run on when the process does.
        _grain.Outcome = SaveOutcome.NotHolder;
        _grain.Answer = null;
        _time.Advance(TimeSpan.FromSeconds(18));
        await _connection.Ended.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Assert.Equal(EndReason.TakenOver, _connection.EndReason);
        Assert.Empty(_connection.Sent());
    }

    [Fact]
    public async Task Client_IsNotKeptWaiting_WhenItsGrainIsSlow()
    {
        await BindAsync();
        _grain.Answer = new TaskCompletionSource<SaveOutcome>();

        _connection.Send(TestConnections.Message("late"));
        await Eventually.TrueAsync(() => _grain.Heard.Count == 2, "the change to be told");
        _time.Advance(TimeSpan.FromSeconds(1.1));

        await SentAsync("late");
        Assert.Null(_connection.EndReason);
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

        public SaveOutcome Outcome { get; set; }

        /// <summary>What calls wait for; null if they are answered at once.</summary>
        public TaskCompletionSource<SaveOutcome>? Answer { get; set; }

        public ValueTask<SaveOutcome> HoldAsync(string gateway, IGatewayObserver observer, SessionRecord whole) => Hear("hold");

        public ValueTask<SaveOutcome> SaveAsync(long generation, SessionUpdate update) => Hear("save");

        public ValueTask OpenAsync(string gateway, IGatewayObserver observer) => throw new NotSupportedException();

        public ValueTask<PostOutcome> PostAsync(SessionPost post) => throw new NotSupportedException();

        public ValueTask<bool> ReplyAsync(long generation, ReadOnlyMemory<byte> reply) => throw new NotSupportedException();

        public ValueTask<SessionRecord?> TakeAsync(string gateway, IGatewayObserver observer) => throw new NotSupportedException();

        public ValueTask LeaveAsync(long generation) => throw new NotSupportedException();

        public ValueTask CloseAsync() => throw new NotSupportedException();

        public ValueTask EndAsync(long generation) => throw new NotSupportedException();

        private ValueTask<SaveOutcome> Hear(string what)
        {
            Heard.Enqueue(what);
            return Answer is { } answer ? new(answer.Task) : new(Outcome);
        }
    }
}
