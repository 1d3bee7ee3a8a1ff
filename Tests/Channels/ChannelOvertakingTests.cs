using System.Collections.Immutable;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Tests.Connections;

namespace Realtime.Tests.Channels;

/// <summary>What this gateway publishes comes by receipts and what others publish by the inbox: members get it in the channel's order.</summary>
public sealed class ChannelOvertakingTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeChannelGrain _grain = new();
    private readonly RecentPublications _recent;
    private readonly ChannelSubscription _subscription;
    private readonly List<ChannelPosition> _read = [];

    public ChannelOvertakingTests()
    {
        _grain.History = after =>
        {
            _read.Add(after);
            return ImmutableArray.Create(TestPublications.At(1, after.Offset + 1, "read"));
        };
        _recent = new RecentPublications(Options.Create(new LimitOptions()), _time);
        _subscription = TestSubscription.Create(_grain, _recent, _time);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task WhatOvertookAnother_FollowsIt(bool isOwn)
    {
        var member = await _subscription.JoinAsync();

        _subscription.Deliver(TestPublications.At(1, 2, "two"), isKept: isOwn);
        _subscription.Deliver(TestPublications.At(1, 4, "four"), isKept: isOwn);
        _subscription.Deliver(TestPublications.At(1, 1, "one"), isKept: !isOwn);
        Assert.Equal(["joined", "one", "two"], member.Sent());
        _subscription.Deliver(TestPublications.At(1, 3, "three"), isKept: !isOwn);
        _time.Advance(ChannelSubscription.OvertakingTime);

        Assert.Equal(["three", "four"], member.Sent());
        Assert.Empty(_read);

        // What was published here is kept when it is accepted, what others published once it is handed on.
        Assert.Equal(
            isOwn ? ["one", "three"] : ["four", "two"],
            _recent.Collect(TestPublications.Channel, 0, int.MaxValue).Publications.Texts().Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task WhatThereIsNoRoomFor_IsRead()
    {
        const int Many = 1100;
        var member = await _subscription.JoinAsync();
        _grain.History = after =>
        {
            _read.Add(after);
            return [.. Enumerable.Range((int)after.Offset + 1, Many - (int)after.Offset).Select(static i => TestPublications.At(1, i, $"{i}"))];
        };

        for (var i = 2; i <= Many; i++)
        {
            _subscription.Deliver(TestPublications.At(1, i, $"{i}"));
        }

        _subscription.Deliver(TestPublications.At(1, 1, "1"), isKept: true);

        Assert.Equal(["joined", .. Enumerable.Range(1, Many).Select(static i => $"{i}")], member.Sent());
        Assert.Equal(new ChannelPosition(1, 0), _read[0]);
    }

    [Fact]
    public async Task CatchUp_Ends_ThoughWhatCameMeanwhileLacksSomethingStillOnItsWay()
    {
        var member = await _subscription.JoinAsync();
        var answer = new TaskCompletionSource();
        _grain.Answer = answer.Task;
        _grain.Position = new(1, 1);
        var restated = _subscription.RestateAsync();
        _grain.History = after =>
        {
            _read.Add(after);

            // Before the grain's answer comes so do a receipt, which is ahead, and what the inbox had.
            _subscription.Deliver(TestPublications.At(1, 5, "five"), isKept: true);
            _subscription.Deliver(TestPublications.At(1, 3, "three"), isKept: true);
            _subscription.Deliver(TestPublications.At(1, 2, "two"));
            return [TestPublications.At(1, 1, "one")];
        };
        answer.SetResult();
        await restated;
        Assert.Equal(["joined", "one", "two", "three"], member.Sent());

        _subscription.Deliver(TestPublications.At(1, 4, "four"));

        Assert.Equal(["four", "five"], member.Sent());
        Assert.Single(_read);
    }

    [Fact]
    public async Task WhatDoesNotCome_IsReadInTheEnd()
    {
        var member = await _subscription.JoinAsync();
        _subscription.Deliver(TestPublications.At(1, 2, "two"));

        _time.Advance(ChannelSubscription.OvertakingTime - TimeSpan.FromMilliseconds(1));
        Assert.Empty(_read);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        Assert.Equal([new ChannelPosition(1, 0)], _read);
        Assert.Equal(["joined", "read", "two"], member.Sent());
    }

    [Fact]
    public async Task EachThatIsMissing_IsGivenItsTime()
    {
        var member = await _subscription.JoinAsync();
        _subscription.Deliver(TestPublications.At(1, 2, "two"));
        _subscription.Deliver(TestPublications.At(1, 1, "one"));
        _subscription.Deliver(TestPublications.At(1, 4, "four"));

        _time.Advance(ChannelSubscription.OvertakingTime);
        Assert.Empty(_read);
        _time.Advance(ChannelSubscription.OvertakingTime);

        Assert.Equal([new ChannelPosition(1, 2)], _read);
        Assert.Equal(["joined", "one", "two", "read", "four"], member.Sent());
    }
}
