using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateways;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Channels;

public sealed class RepositorySubscriptionTests
{
    private static readonly CallerIdentity UserOfA = new("db", "a", "u1", 0, 1);
    private static readonly CallerIdentity UserOfB = new("db", "b", "u2", 0, 1);
    private static readonly CallerIdentity Root = new("db", "a", "u1", 100, 2);

    private readonly FakeRepositoryGrain _grain = new();
    private readonly RepositorySubscription _subscription;

    public RepositorySubscriptionTests() => _subscription = new RepositorySubscription(
        RepositoryKey.Create("db", "tasks_760_"), _grain, "gateway", 0, static _ => { }, new TestMetrics().Gateway, NullLogger.Instance);

    [Fact]
    public async Task Deliver_ReachesTheAudienceAndRoot_AndNobodyElse()
    {
        var (a, b, root) = (await JoinAsync(UserOfA), await JoinAsync(UserOfB), await JoinAsync(Root));

        _subscription.Deliver(Change(1, Audience.OfAccount("a")));

        Assert.Single(Events(a));
        Assert.Empty(Events(b));
        Assert.Single(Events(root));
    }

    [Fact]
    public async Task Deliver_GivesAMember_OnlyWhatIsNewerThanItsJoin()
    {
        _grain.Position = 5;
        var a = await JoinAsync(UserOfA);

        _subscription.Deliver(Change(5, Audience.OfAccount("a")));
        _subscription.Deliver(Change(6, Audience.OfAccount("a")));

        Assert.Single(Events(a));
    }

    [Fact]
    public async Task Deliver_WakesAMembersWriterOnce_ForChangesThatCameTogether()
    {
        var (a, b) = (await JoinAsync(UserOfA), await JoinAsync(UserOfB));
        var (writerOfA, writerOfB) = (new CountingWriter(), new CountingWriter());
        a.Outbox.Attach(writerOfA);
        b.Outbox.Attach(writerOfB);

        var together = new[] { 1, 2, 3 }.SelectMany(static position => Change(position, Audience.OfAccount("a")).Changes);
        _subscription.Deliver(Change(3, Audience.OfAccount("a")) with { After = 0, Changes = [.. together] });

        Assert.Equal(2, writerOfA.Wakes);
        Assert.Equal(1, writerOfB.Wakes);
        Assert.Equal(3, Events(a).Count);
        _subscription.Deliver(Change(4, Audience.OfAccount("a")));
        Assert.Equal(3, writerOfA.Wakes);
    }

    [Fact]
    public async Task Move_LosesNothingAndRepeatsNothing_AtThePositionWhereItHappens()
    {
        var connection = await JoinAsync(UserOfA);
        _grain.Position = 3;
        Assert.True(await _subscription.TryJoin(connection, Root, reply: null)!.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));

        for (var position = 1; position <= 5; position++)
        {
            _subscription.Deliver(Change(position, Audience.OfAccount("a")));
        }

        _subscription.Deliver(Change(6, Audience.OfAccount("b")));

        Assert.Equal(6, Events(connection).Count);
    }

    [Fact]
    public async Task Move_ThereAndBack_LosesNothing()
    {
        var connection = await JoinAsync(UserOfA);
        foreach (var identity in new[] { Root, UserOfA, Root, UserOfA })
        {
            Assert.True(await _subscription.TryJoin(connection, identity, reply: null)!.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        }

        for (var position = 1; position <= 4; position++)
        {
            _subscription.Deliver(Change(position, Audience.OfAccount("a")));
        }

        Assert.Equal(4, Events(connection).Count);
        Assert.Null(connection.EndReason);
    }

    [Fact]
    public async Task Move_BackIntoAnAudience_SkipsNothing_WhileEventsAreOnTheirWay()
    {
        var connection = await JoinAsync(UserOfA);
        foreach (var (position, identity) in new[] { (2, Root), (4, UserOfA) })
        {
            _grain.Position = position;
            Assert.True(await _subscription.TryJoin(connection, identity, reply: null)!.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        }

        for (var position = 1; position <= 6; position++)
        {
            _subscription.Deliver(Change(position, Audience.OfAccount("a")));
        }

        Assert.Equal(6, Events(connection).Count);
        Assert.Null(connection.EndReason);
    }

    [Fact]
    public async Task LostRole_ShowsAtOnce_EvenIfTheGrainCannotBeReached()
    {
        var connection = await JoinAsync(Root);
        _grain.Failures = int.MaxValue;

        _ = _subscription.TryJoin(connection, UserOfA, reply: null);
        _subscription.Deliver(Change(1, Audience.OfAccount("b")));
        Assert.Empty(Events(connection));
        _subscription.Deliver(Change(2, Audience.OfAccount("a")));

        Assert.Single(Events(connection));
    }

    [Fact]
    public async Task Statements_HoldDifferences_AndTheWholeWhenAsked()
    {
        var a = await JoinAsync(UserOfA);
        _grain.NeedsWhole = true;
        await JoinAsync(UserOfB);
        _subscription.Leave(a);
        await Eventually.TrueAsync(() => _grain.Statements.Count == 4, "the audience of the last member to be given up");

        Assert.Equal(
            [(true, 1, "a:a", ""), (false, 2, "a:b", ""), (true, 2, "a:a a:b", ""), (false, 1, "", "a:a")],
            _grain.Statements.Select(static s => (s.IsWhole, s.Members, Join(s.Added), Join(s.Removed))));
        Assert.Equal([1, 2, 3, 4], _grain.Statements.Select(static s => s.Version));
    }

    private async Task<Connection> JoinAsync(CallerIdentity identity)
    {
        var connection = TestConnections.Create();
        Assert.True(await _subscription.TryJoin(connection, identity, TestConnections.Message("joined"))!.WaitAsync(Eventually.Bound));
        return connection;
    }

    private static List<string> Events(Connection connection) => [.. connection.Sent().Where(static sent => sent != "joined")];

    private static string Join(IEnumerable<Audience> audiences) => string.Join(' ', audiences.Select(static a => a.Value).Order(StringComparer.Ordinal));

    private static DocumentChanges Change(long position, Audience audience) =>
        new("key", [new DocumentChange(position, ChangeKind.Created, audience, "{}"u8.ToArray())], position - 1, position);

    /// <summary>Writes nothing. It is woken once by being attached.</summary>
    private sealed class CountingWriter : IOutboxWriter
    {
        public int Wakes { get; private set; }

        public void Wake() => Wakes++;
    }
}
