using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

/// <summary>What a gateway's members notice when their channel begins a new epoch.</summary>
public sealed class ChannelSubscriptionEpochTests
{
    private readonly FakeChannelGrain _grain = new();
    private readonly RecentPublications _recent = new(Options.Create(new LimitOptions()), TimeProvider.System);
    private readonly ChannelSubscription _subscription;

    public ChannelSubscriptionEpochTests() =>
        _subscription = TestSubscription.Create(_grain, _recent, TimeProvider.System);

    [Fact]
    public async Task Deliver_GoesOnInANewEpoch_ThatContinuesWhereTheMembersAre()
    {
        var member = await _subscription.JoinAsync();
        _subscription.Deliver(TestPublications.At(1, 1, "one"));
        (_grain.Epoch, _grain.Position) = (2, new(1, 1));

        _subscription.EnterEpoch(2);
        await Eventually.TrueAsync(() => _grain.Stated.Count == 2, "the members to be stated again");
        _subscription.Deliver(TestPublications.After(new(1, 1), 2, 1, "two"));

        Assert.Equal(["joined", "one", "two"], member.Sent());
        Assert.Null(member.EndReason);
        Assert.Equal(new ChannelPosition(1, 1), _grain.Served);
    }

    [Fact]
    public async Task EnterEpoch_BringsWhatOthersGotOfTheOldOrder()
    {
        var member = await _subscription.JoinAsync();
        _subscription.Deliver(TestPublications.At(1, 1, "one"));
        (_grain.Epoch, _grain.Position) = (2, new(1, 2));
        _grain.History = static after => after == new ChannelPosition(1, 1) ? [TestPublications.At(1, 2, "two")] : null;

        var tail = _subscription.EnterEpoch(2);

        Assert.Equal((1, new ChannelPosition(1, 1), 2), tail);
        await Eventually.TrueAsync(() => member.Outbox.Bytes > 200, "the missed publication");
        Assert.Equal(["joined", "one", "two"], member.Sent());
    }

    [Fact]
    public async Task Deliver_DoesNotBelieveAnEpochThatIsOver()
    {
        var member = await _subscription.JoinAsync();
        _subscription.Deliver(TestPublications.At(1, 1, "one"));
        (_grain.Epoch, _grain.Position) = (2, new(1, 1));
        _grain.History = static after => after == new ChannelPosition(1, 1) ? [TestPublications.After(new(1, 1), 2, 1, "two")] : null;
        _subscription.EnterEpoch(2);

        _subscription.Deliver(TestPublications.At(1, 2, "of a silo that doesn't know it is dead"));

        await Eventually.TrueAsync(() => member.Outbox.Bytes > 200, "the publication of the new epoch");
        Assert.Equal(["joined", "one", "two"], member.Sent());
        Assert.Null(member.EndReason);
    }

    [Fact]
    public async Task EnterEpoch_MakesAnEarlierOneGiveWay_WhichAnswersStill()
    {
        var member = await _subscription.JoinAsync();
        _grain.History = after =>
        {
            if (after == new ChannelPosition(3, 0))
            {
                _grain.Epoch = 3;
            }

            return null;
        };

        _subscription.EnterEpoch(3);
        await Eventually.TrueAsync(() => _grain.Stated.Count == 3, "the members to be stated again to the later epoch");
        _subscription.Deliver(TestPublications.After(new(1, 0), 3, 1, "one"));

        Assert.Equal(["joined", "one"], member.Sent());
        Assert.Null(member.EndReason);
    }

    [Fact]
    public async Task EnterEpoch_CountsForThoseWhoAreJustJoining()
    {
        var answer = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Answer = answer.Task;
        _grain.History = _ =>
        {
            (_grain.Epoch, _grain.Position) = (3, new(3, 1));
            return null;
        };
        var member = TestConnections.Create();
        var joining = _subscription.TryJoin(member, TestConnections.Message("joined"))!;

        _subscription.EnterEpoch(3);
        answer.SetResult();
        Assert.True(await joining.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        _subscription.Deliver(TestPublications.At(1, 1, "of a silo that doesn't know it is dead"));
        _subscription.Deliver(TestPublications.At(3, 2, "two"));

        Assert.Equal([1, 1], _grain.Stated);
        Assert.Equal(["joined", "two"], member.Sent());
        Assert.Null(member.EndReason);
    }

    [Fact]
    public async Task CatchUp_DoesNotBelieveAHistoryOfAnEpochThatIsOver()
    {
        var member = await _subscription.JoinAsync();
        var asked = 0;
        _grain.History = after =>
        {
            if (Interlocked.Increment(ref asked) == 1)
            {
                // Another activation asks while the answer is on its way.
                _recent.Collect(TestPublications.Channel, 2, int.MaxValue);
                return [TestPublications.At(1, 1, "of a silo that doesn't know it is dead")];
            }

            (_grain.Epoch, _grain.Position) = (2, new(2, 1));
            return after == new ChannelPosition(1, 0) ? [TestPublications.After(new(1, 0), 2, 1, "one")] : [];
        };

        _subscription.Deliver(TestPublications.At(1, 2, "two"));

        await Eventually.TrueAsync(() => member.Outbox.Bytes > 100, "the publication of the new epoch");
        Assert.Equal(["joined", "one"], member.Sent());
        Assert.Null(member.EndReason);
    }
}
