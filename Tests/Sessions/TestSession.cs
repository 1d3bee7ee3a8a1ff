using System.Runtime.CompilerServices;
using System.Text;
using Orleans.TestingHost;
using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Sessions;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Sessions;

/// <summary>One session, its grain, and gateways that may hold it.</summary>
internal sealed class TestSession(GrainCluster fixture, InProcessTestCluster cluster)
{
    public static readonly SessionPost Post = new("db", ["user"], "{}"u8.ToArray());

    // Orleans holds observers weakly.
    private readonly List<TestGateway> _gateways = [];
    private readonly Dictionary<string, IGatewayObserver> _observers = [];

    private readonly IClusterClient _client = cluster.Client;

    public Guid Sid { get; } = Guid.NewGuid();

    public ISessionGrain Grain => _client.GetGrain<ISessionGrain>(Sid);

    public static async Task<TestSession> NewAsync(GrainCluster fixture) => new(fixture, await fixture.StartedAsync());

    /// <summary>A session with one membership, in slot 1.</summary>
    public static SessionRecord Record(long generation = 1, long update = 1, params string[] replies) => new(
        generation,
        update,
        "tenant",
        new CallerIdentity("db", "account", "user", 0, 0),
        DateTimeOffset.UnixEpoch,
        Checkpoint: 1,
        OldestCheckpoint: 1,
        [Membership(1, 1, 10)],
        FirstReply: 1,
        [.. replies.Select(Reply)]);

    public static SessionMembership Membership(int slot, long checkpoint, long offset) =>
        new(slot, $"room{slot}", [new SessionPosition(checkpoint, new ChannelPosition(7, offset))]);

    public static ReadOnlyMemory<byte> Reply(string text) => Encoding.UTF8.GetBytes(text);

    public static List<string> Texts(SessionRecord record) => [.. record.Replies.Select(static reply => Encoding.UTF8.GetString(reply.Span))];

    /// <summary>A gateway that the cluster knows.</summary>
    public async Task<TestGateway> NewGatewayAsync()
    {
        var gateway = new TestGateway();
        _gateways.Add(gateway);
        _observers[gateway.Id] = _client.CreateObjectReference<IGatewayObserver>(gateway);
        await gateway.RegisterAsync(_client);
        return gateway;
    }

    /// <summary>Renews a gateway's lease.</summary>
    public Task RegisterAsync(TestGateway gateway) => gateway.RegisterAsync(_client);

    /// <summary>A gateway that was lost: whoever calls it hears that nobody is there.</summary>
    public TestGateway NewLostGateway()
    {
        var gateway = new TestGateway
        {
            Post = static (_, _) => throw Unreachable("lost"),
            ReleaseSession = static _ => throw Unreachable("lost"),
        };
        _gateways.Add(gateway);
        _observers[gateway.Id] = _client.CreateObjectReference<IGatewayObserver>(gateway);
        return gateway;
    }

    public ValueTask<SaveOutcome> HoldAsync(TestGateway gateway, SessionRecord record) =>
        Grain.HoldAsync(gateway.Id, _observers[gateway.Id], record);

    public Task<SessionRecord?> TakeAsync(TestGateway gateway) => Grain.TakeAsync(gateway.Id, _observers[gateway.Id]).AsTask();

    /// <summary>Ends the grain's activation, as its silo does when it stops.</summary>
    public Task DeactivateAsync() => cluster.DeactivateAsync(Grain);

    /// <summary>Takes the session while a gateway is asked that doesn't answer.</summary>
    public async Task<SessionRecord?> TakeFromFrozenAsync(TestGateway gateway, TestGateway frozen, Func<Task>? meanwhile = null)
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<SessionRecord?>());
        frozen.ReleaseSession = _ =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        var taking = TakeAsync(gateway);
        await asked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        await (meanwhile?.Invoke() ?? Task.CompletedTask);
        await PassTimeAsync(taking);

        // An observer takes one call after the other.
        answer.SetResult(null);
        return await taking;
    }

    private Task PassTimeAsync(Task until) => Eventually.TrueAsync(
        () =>
        {
            fixture.Time.Advance(TimeSpan.FromMilliseconds(50));
            return until.IsCompleted;
        },
        "an answer");

    // What a silo throws for a process that is gone; only Orleans can make one.
    [UnsafeAccessor(UnsafeAccessorKind.Constructor)]
    private static extern ClientNotAvailableException Unreachable(string message);
}
