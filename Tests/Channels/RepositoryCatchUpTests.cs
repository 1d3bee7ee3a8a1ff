using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateways;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Channels;

/// <summary>What members get when events were lost on the way, or a grain was started anew (protocol 2.3).</summary>
public sealed class RepositoryCatchUpTests
{
    private static readonly CallerIdentity UserOfA = new("db", "a", "u1", 0, 1);
    private static readonly CallerIdentity UserOfB = new("db", "b", "u2", 0, 1);
    private static readonly CallerIdentity Root = new("db", "a", "u1", 100, 2);
    private static readonly Audience A = Audience.OfAccount("a");
    private static readonly Audience B = Audience.OfAccount("b");

    private readonly FakeRepositoryGrain _grain = new();
    private readonly RepositorySubscription _subscription;

    public RepositoryCatchUpTests() => _subscription = new RepositorySubscription(
        RepositoryKey.Create("db", "tasks_760_"), _grain, "gateway", 0, static _ => { }, new TestMetrics().Gateway, NullLogger.Instance);

    [Fact]
    public async Task Gap_IsReadAndFilled_OnceAndInOrder()
    {
        var (a, b) = (await JoinAsync(UserOfA), await JoinAsync(UserOfB));
        Write(1, A, B, A, A, B, A);

        Deliver(0, 1);
        Deliver(4, 6);
        Deliver(2, 5);

        await ExpectAsync(a, 1, 3, 4, 6);
        await ExpectAsync(b, 2, 5);
        Assert.Equal([(1, "a:a a:b")], _grain.Reads);
    }

    [Fact]
    public async Task Events_ThatArriveMeanwhile_Wait()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, A, A);
        var page = HoldPages();

        Deliver(1, 2);
        await page.IsAsked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        Write(4, A, A);
        Deliver(2, 3);
        Deliver(3, 4);
        Deliver(4, 5);
        Assert.Empty(Events(a));
        page.Answer.SetResult();

        await ExpectAsync(a, 1, 2, 3, 4, 5);
        Assert.Single(_grain.Reads);
    }

    [Fact]
    public async Task EventsThatArriveMeanwhile_AreReadInstead_WhenTheyAreTooMuch()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A);
        var page = HoldPages();
        Deliver(1, 1);
        await page.IsAsked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Write(2, [.. Enumerable.Repeat(A, 5)], 1_000_000);
        for (var position = 2; position <= 6; position++)
        {
            Deliver(position - 1, position);
        }

        page.Answer.SetResult();

        await ExpectAsync(a, 1, 2, 3, 4, 5, 6);
        Assert.Equal(2, _grain.Reads.Count);
    }

    [Fact]
    public async Task Members_StayAndMissNothing_WhenTheGrainHasForgottenThem()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, B, A);
        _grain.NeedsWhole = true;

        var b = await JoinAsync(UserOfB);

        await ExpectAsync(a, 1, 3);
        Assert.Empty(Events(b));
        Assert.Null(a.EndReason);
    }

    [Fact]
    public async Task Restate_ReadsWhatWasMissed()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, A);

        _ = _subscription.RestateAsync();

        await ExpectAsync(a, 1, 2);
        Assert.True(_grain.Statements[^1].IsWhole);
        Deliver(0, 2);
        Assert.Empty(Events(a));
    }

    [Fact]
    public async Task Restate_ReadsNothing_WhenNothingHasHappened()
    {
        await JoinAsync(UserOfA);

        _ = _subscription.RestateAsync();

        await Eventually.TrueAsync(() => _grain.Statements.Count == 2, "the whole to be stated");
        await JoinAsync(UserOfB);
        Assert.Empty(_grain.Reads);
    }

    [Fact]
    public async Task Introduction_OfANewActivation_IsAnsweredWithTheWhole()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, A);

        _subscription.Deliver(new DocumentChanges("key", [], 1, 2, IsIntroduction: true));

        await ExpectAsync(a, 1, 2);
        await Eventually.TrueAsync(() => _grain.Statements is [_, { IsWhole: true, Members: 1 }], "the whole to be stated");
    }

    [Fact]
    public async Task CatchUp_GoesOn_WhileTheSiloIsBeingReplaced()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, A, A);
        (_grain.Failures, _grain.PageSize) = (4, 1);

        _ = _subscription.RestateAsync();

        await ExpectAsync(a, 1, 2, 3);
        Assert.Null(a.EndReason);
    }

    [Fact]
    public async Task Members_BeginAnew_WhenContinuityCannotBeShown()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, A);
        _grain.Forgotten = 1;

        Deliver(1, 2);

        await Eventually.TrueAsync(() => a.EndReason == EndReason.Internal, "the member to be ended");
        Assert.Empty(Events(a));
        await Eventually.TrueAsync(() => _grain.Statements[^1].Members == 0, "the grain to be told that nobody is left");
    }

    [Fact]
    public async Task Members_BeginAnew_WhenTheDatabaseHasGoneBack()
    {
        _grain.Position = 10;
        var a = await JoinAsync(UserOfA);
        (_grain.Position, _grain.Forgotten) = (5, 11);

        _ = _subscription.RestateAsync();

        await Eventually.TrueAsync(() => a.EndReason == EndReason.Internal, "the member to be ended");
    }

    [Fact]
    public async Task Newcomer_GetsNothingOfBefore_WhileTheOthersCatchUp()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, A, A);
        _grain.PageSize = 1;
        var page = HoldPages();
        Deliver(2, 3);
        await page.IsAsked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        var joining = JoinAsync(UserOfA);
        page.Answer.SetResult();
        var newcomer = await joining;
        await ExpectAsync(a, 1, 2, 3);
        Write(4, A);
        Deliver(3, 4);

        await ExpectAsync(newcomer, 4);
        await ExpectAsync(a, 4);
    }

    [Fact]
    public async Task NewAudience_IsReadToo_FromItsFirstMemberOn()
    {
        var a = await JoinAsync(UserOfA);
        Write(1, A, B, B);
        (_grain.PageSize, _grain.Position) = (1, 2);
        var page = HoldPages();
        Deliver(3, 3);
        await page.IsAsked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        var joining = JoinAsync(UserOfB);
        page.Answer.SetResult();

        await ExpectAsync(await joining, 3);
        await ExpectAsync(a, 1);
    }

    [Fact]
    public async Task Move_GetsEachEventOnce_OfTheAudienceItWasIn_ThroughACatchUp()
    {
        var (leaving, gaining) = (await JoinAsync(Root), await JoinAsync(UserOfA));
        Write(1, A, B, A, B);
        _grain.Position = 2;
        _grain.PageSize = 1;
        Deliver(4, 4);

        await Task.WhenAll(MoveAsync(leaving, UserOfA), MoveAsync(gaining, Root));
        Write(5, A, B);
        Deliver(4, 5);
        Deliver(5, 6);

        await Eventually.TrueAsync(() => _grain.Reads.Count >= 4, "the catch-up");
        await JoinAsync(UserOfA);
        var (left, gained) = (Positions(leaving), Positions(gaining));
        Assert.Equal([1, 3, 5], left.Where(static position => position % 2 == 1));
        Assert.DoesNotContain(6, left);
        Assert.Equal([1, 3, 5, 6], gained.Where(static position => position is not (2 or 4)));
        Assert.Equal(gained.Distinct().Order(), gained);
        Assert.Equal(left.Distinct().Order(), left);
    }

    private async Task MoveAsync(Connection connection, CallerIdentity identity) =>
        Assert.True(await _subscription.TryJoin(connection, identity, reply: null)!.WaitAsync(Eventually.Bound));

    private async Task<Connection> JoinAsync(CallerIdentity identity)
    {
        var connection = TestConnections.Create();
        Assert.True(await _subscription.TryJoin(connection, identity, TestConnections.Message("joined"))!.WaitAsync(Eventually.Bound));
        return connection;
    }

    /// <summary>Commits changes with consecutive positions.</summary>
    private void Write(long first, params Audience[] audiences) => Write(first, audiences, 0);

    private void Write(long first, Audience[] audiences, int padding)
    {
        foreach (var audience in audiences)
        {
            var json = JsonSerializer.SerializeToUtf8Bytes(new { n = first, pad = new string('x', padding) });
            _grain.History.Add(new DocumentChange(first++, ChangeKind.Created, audience, json));
        }

        _grain.Position = Math.Max(_grain.Position, first - 1);
    }

    /// <summary>Brings the events between two positions.</summary>
    private void Deliver(long after, long upTo) => _subscription.Deliver(new DocumentChanges(
        "key", [.. _grain.History.Where(change => change.Position > after && change.Position <= upTo)], after, upTo));

    private (TaskCompletionSource IsAsked, TaskCompletionSource Answer) HoldPages()
    {
        var (asked, answer) = (new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously), new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        _grain.BeforePage = () =>
        {
            asked.TrySetResult();
            return answer.Task;
        };
        return (asked, answer);
    }

    private static async Task ExpectAsync(Connection connection, params int[] positions)
    {
        var got = new List<int>();
        await Eventually.TrueAsync(
            () =>
            {
                got.AddRange(Positions(connection));
                return got.Count >= positions.Length;
            },
            $"events {string.Join(' ', positions)}");
        Assert.Equal(positions, got);
    }

    private static List<string> Events(Connection connection) => [.. connection.Sent().Where(static sent => sent != "joined")];

    private static List<int> Positions(Connection connection) => [.. Events(connection).Select(PositionOf)];

    private static int PositionOf(string sent)
    {
        using var message = JsonDocument.Parse(sent);
        using var document = JsonDocument.Parse(message.RootElement.GetProperty("data").GetString()!);
        return document.RootElement.GetProperty("n").GetInt32();
    }
}
