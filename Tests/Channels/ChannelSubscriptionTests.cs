using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class ChannelSubscriptionTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeChannelGrain _grain = new();
    private readonly RecentPublications _recent = new(Options.Create(new LimitOptions()), TimeProvider.System);
    private readonly ChannelSubscription _subscription;
    private bool _isRetired;

    public ChannelSubscriptionTests() =>
        _subscription = TestSubscription.Create(_grain, _recent, _time, () => _isRetired = true);

    [Fact]
    public async Task Join_BeginsAtThePositionOfTheGrain()
    {
        _grain.Position = new(1, 5);
        var member = await _subscription.JoinAsync();

        _subscription.Deliver(TestPublications.At(1, 5, "before"));
        _subscription.Deliver(TestPublications.At(1, 6, "after"));

        Assert.Equal(["joined", "after"], member.Sent());
    }

    [Fact]
    public async Task Join_OfASecondMember_GetsNothingThatIsOlder()
    {
        var first = await _subscription.JoinAsync();
        _grain.Position = new(1, 1);
        var second = await _subscription.JoinAsync();

        _subscription.Deliver(TestPublications.At(1, 1, "one", "two"));

        Assert.Equal(["joined", "one", "two"], first.Sent());
        Assert.Equal(["joined", "two"], second.Sent());
    }

    [Fact]
    public async Task Join_IsTriedAgain_WhenTheGrainDoesNotAnswer()
    {
        _grain.Fail(times: 2);

        var member = await _subscription.JoinAsync();

        Assert.Equal(["joined"], member.Sent());
        Assert.Equal([1, 1, 1], _grain.Stated);
        Assert.Equal([1, 2, 3], _grain.Statements);
    }

    [Fact]
    public async Task Deliver_SkipsDuplicates()
    {
        var member = await _subscription.JoinAsync();

        _subscription.Deliver(TestPublications.At(1, 1, "one", "two"));
        _subscription.Deliver(TestPublications.At(1, 2, "two", "three"));

        Assert.Equal(["joined", "one", "two", "three"], member.Sent());
    }

    [Fact]
    public async Task Deliver_FillsAGapFromTheHistory()
    {
        var member = await _subscription.JoinAsync();
        _grain.History = static after => after.Offset == 1 ? [TestPublications.At(1, 2, "two", "three")] : null;
        _subscription.Deliver(TestPublications.At(1, 1, "one"));

        _subscription.Deliver(TestPublications.At(1, 3, "three"));
        _time.Advance(ChannelSubscription.OvertakingTime);

        Assert.Equal(["joined", "one", "two", "three"], member.Sent());
    }

    [Fact]
    public async Task Deliver_EndsMembers_WhenAGapCannotBeFilled()
    {
        var member = await _subscription.JoinAsync();

        _subscription.Deliver(TestPublications.At(1, 7, "seven"));

        _time.Advance(ChannelSubscription.OvertakingTime);
        Assert.Equal(EndReason.Internal, member.EndReason);
    }

    [Fact]
    public async Task Restate_DeliversWhatTheInboxLost_AndStatesTheMembersAgain()
    {
        var member = await _subscription.JoinAsync();
        _grain.History = static _ => [TestPublications.At(1, 1, "one")];
        _grain.Position = new(1, 1);

        _ = _subscription.RestateAsync();

        await Eventually.TrueAsync(() => member.Outbox.Bytes > 100, "the lost publication");
        Assert.Equal(["joined", "one"], member.Sent());
        Assert.Equal([1, 1], _grain.Stated);
    }

    [Fact]
    public async Task Join_BeginsBehindWhatOthersGotWhileItWasAnswered()
    {
        await _subscription.JoinAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Answer = answer.Task;
        var newcomer = TestConnections.Create();
        var session = newcomer.Remember(replicas: null, new LimitOptions(), TimeProvider.System);
        var slot = session.BeginJoin();
        var joining = _subscription.TryJoin(newcomer, reply: null, slot)!;

        _subscription.Deliver(TestPublications.At(1, 1, "one", "two"));
        _grain.Position = new(1, 1);
        answer.SetResult();
        Assert.True(await joining.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));

        // Who goes on with a session reads from the history up to there.
        Assert.Equal(new(1, 2), session.BeginningOf(slot));
    }

    [Fact]
    public async Task Join_IsNotHeldToThePositionOfMembersWhoBeginAnew()
    {
        var old = await _subscription.JoinAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Answer = answer.Task;
        var newcomer = TestConnections.Create();
        var joining = _subscription.TryJoin(newcomer, TestConnections.Message("joined"))!;

        _subscription.Deliver(TestPublications.At(1, 7, "seven"));
        _time.Advance(ChannelSubscription.OvertakingTime);
        (_grain.Epoch, _grain.Position) = (2, new(2, 3));
        answer.SetResult();
        Assert.True(await joining.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        _subscription.Deliver(TestPublications.At(2, 4, "four"));

        Assert.Equal(EndReason.Internal, old.EndReason);
        Assert.Null(newcomer.EndReason);
        Assert.Equal(["joined", "four"], newcomer.Sent());
    }

    [Fact]
    public async Task Restate_IsRepeated_WhenItComesWhileAStatementIsUnderWay()
    {
        var member = await _subscription.JoinAsync();
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Answer = answer.Task;
        var joining = _subscription.TryJoin(TestConnections.Create(), TestConnections.Message("joined"))!;
        _grain.History = static _ => [TestPublications.At(1, 1, "one")];

        _ = _subscription.RestateAsync();
        _grain.Position = new(1, 1);
        answer.SetResult();

        Assert.True(await joining.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        await Eventually.TrueAsync(() => _grain.Stated.Count == 3, "the members to be stated again");
        await Eventually.TrueAsync(() => member.Outbox.Bytes > 100, "the lost publication");
        Assert.Equal([1, 2, 2], _grain.Stated);
    }

    [Fact]
    public async Task Join_GetsWhatCameBeforeTheAnswer()
    {
        _grain.Position = new(1, 5);
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Answer = answer.Task;
        var member = TestConnections.Create();
        var joining = _subscription.TryJoin(member, TestConnections.Message("joined"))!;

        _subscription.Deliver(TestPublications.At(1, 4, "before", "before"));
        _subscription.Deliver(TestPublications.At(1, 6, "six"));
        _subscription.Deliver(TestPublications.At(1, 7, "seven"));
        answer.SetResult();
        Assert.True(await joining.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        _subscription.Deliver(TestPublications.At(1, 8, "eight"));

        Assert.Equal(["joined", "six", "seven", "eight"], member.Sent());
    }

    [Fact]
    public async Task Join_ReadsWhatWasTooMuchToKeepBeforeTheAnswer()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Answer = answer.Task;
        _grain.History = static after => [TestPublications.At(1, after.Offset + 1, "read")];
        var member = TestConnections.Create();
        var joining = _subscription.TryJoin(member, TestConnections.Message("joined"))!;
        for (var i = 1; i <= 1025; i++)
        {
            _subscription.Deliver(TestPublications.At(1, i, "inbox"));
        }

        answer.SetResult();
        Assert.True(await joining.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        _subscription.Deliver(TestPublications.At(1, 1026, "last"));

        var sent = member.Sent();
        Assert.Equal(1024, sent.Count(static text => text == "inbox"));
        Assert.Equal(["read", "last"], sent[^2..]);
    }

    [Fact]
    public async Task CatchUp_WaitsForTheGrain_AndThenDeliversWhatCameMeanwhile()
    {
        var member = await _subscription.JoinAsync();
        _grain.History = static after => after.Offset == 0 ? [TestPublications.At(1, 1, "one", "two")] : null;
        _grain.Fail(times: 2);

        _subscription.Deliver(TestPublications.At(1, 2, "two"));
        _subscription.Deliver(TestPublications.At(1, 3, "three"));

        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMilliseconds(100));
                return member.Outbox.Bytes > 270;
            },
            "all publications");
        Assert.Equal(["joined", "one", "two", "three"], member.Sent());
        Assert.Null(member.EndReason);
    }

    [Fact]
    public async Task Leave_EndsDelivery_AndTheLastOneRetires()
    {
        var member = await _subscription.JoinAsync();

        _subscription.Leave(member);
        _subscription.Deliver(TestPublications.At(1, 1, "one"));

        Assert.Equal(["joined"], member.Sent());
        await Eventually.TrueAsync(() => _isRetired, "the subscription to retire");
        Assert.Equal([1, 0], _grain.Stated);
        Assert.Null(_subscription.TryJoin(member, TestConnections.Message("joined")));
    }

    [Fact]
    public async Task Joins_ThatHappenTogether_ShareAStatement()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Answer = answer.Task;
        var joins = Enumerable.Range(0, 100)
            .Select(_ => _subscription.TryJoin(TestConnections.Create(), TestConnections.Message("joined"))!)
            .ToArray();

        answer.SetResult();
        var joined = await Task.WhenAll(joins).WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Assert.All(joined, Assert.True);
        Assert.Equal([1, 100], _grain.Stated);
    }
}
