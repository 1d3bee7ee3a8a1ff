using Orleans.Runtime.Placement;
using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;
using static Realtime.Tests.Channels.TestPublications;

namespace Realtime.Tests.Channels;

/// <summary>Publications that come by a silo's relay, in a cluster whose inboxes are the test's.</summary>
public sealed class ChannelRelayGrainTests : IAsyncLifetime
{
    private readonly ChannelCluster _cluster = new(silos: 2);

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Publications_GoToTheOrderAndToAllGateways_LikeThoseOfTheGrain()
    {
        var channel = _cluster.NewChannel();
        var start = await channel.SetMembersAsync("publisher", 1, default);
        await channel.SetMembersAsync("other", 1, default);
        var first = await channel.PublishAsync(Batch(1, "one"));

        var second = await RelayAsync(first.Silo!, (channel, Batch(2, "two", "three")));
        var third = await channel.PublishAsync(Batch(4, "four"));

        Assert.Equal(first.First with { Offset = 2 }, second.Single()!.Value.First);
        Assert.Equal(first.First with { Offset = 4 }, third.First);
        Assert.Equal(["one", "two", "three", "four"], (await channel.ReadHistoryAsync(start.Position)).Publications!.Value.Texts());
        Assert.Equal(["one", "two", "three", "four"], _cluster.Inboxes.TextsOf("publisher"));
        Assert.Equal(["one", "two", "three", "four"], _cluster.Inboxes.TextsOf("other"));
    }

    [Fact]
    public async Task Publications_ThatTheirGatewayHandsOn_GoToTheOthersOnly()
    {
        var channel = _cluster.NewChannel();
        await channel.SetMembersAsync("publisher", 1, default);
        await channel.SetMembersAsync("other", 1, default);
        var first = await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });

        Assert.NotNull((await RelayAsync(first.Silo!, (channel, Batch(2, "two") with { IsHandedOn = true }))).Single());

        Assert.Equal(["one", "two"], _cluster.Inboxes.TextsOf("other"));
        Assert.Empty(_cluster.Inboxes.TextsOf("publisher"));
    }

    [Fact]
    public async Task Relays_RunInTheSiloThatTheirKeyNames()
    {
        foreach (var silo in _cluster.Silos)
        {
            var (channel, receipt) = await ChannelInAsync(silo.SiloAddress);

            Assert.NotNull((await RelayAsync(receipt.Silo!, (channel, Batch(100, "two")))).Single());
        }
    }

    [Fact]
    public async Task EachChannelOfACall_IsAnsweredForItself()
    {
        var silo = _cluster.Silos[0].SiloAddress;
        var (here, _) = await ChannelInAsync(silo);
        var (elsewhere, _) = await ChannelInAsync(_cluster.Silos[1].SiloAddress);

        var receipts = await RelayAsync(silo, (elsewhere, Batch(100, "two")), (here, Batch(101, "two")), (_cluster.NewChannel(), Batch(102, "one")));

        Assert.Equal([false, true, false], receipts.Select(static receipt => receipt is not null));
        Assert.Equal(["two"], _cluster.Inboxes.TextsOf("publisher").Where(static text => text != "one"));
    }

    [Fact]
    public async Task WhatOnlyTheGrainCanSettle_IsLeftToIt()
    {
        var channel = _cluster.NewChannel();
        var start = await channel.SetMembersAsync("publisher", 1, default);
        var silo = (await channel.PublishAsync(Batch(1, "one"))).Silo!;
        var next = Batch(2, "refused");

        await AssertRefusedAsync(Batch(1, "one"), "it is known");
        await AssertRefusedAsync(next with { IsRepeated = true }, "it may have been heard");
        await AssertRefusedAsync(next with { KnownEpoch = start.Epoch + 1 }, "there is a later epoch");
        await channel.SetMembersAsync("lost", 1, default);
        _cluster.Roster.Bury("lost");
        await AssertRefusedAsync(next, "a gateway has been lost");
        await channel.PublishAsync(Batch(3, "three"));
        Assert.NotNull((await RelayAsync(silo, (channel, Batch(4, "four")))).Single());
        await channel.SetMembersAsync("publisher", 0, default);
        await AssertRefusedAsync(Batch(5, "refused"), "nobody has members");
        Assert.Null((await channel.PublishAsync(Batch(6, "six"))).Silo);

        Assert.Equal(["one", "three", "four"], _cluster.Inboxes.TextsOf("publisher"));

        async Task AssertRefusedAsync(PublishBatch batch, string because) =>
            Assert.True((await RelayAsync(silo, (channel, batch))).Single() is null, because);
    }

    [Fact]
    public async Task NothingIsRelayed_WhileTheGrainLooksForThePast()
    {
        var channel = _cluster.NewChannel();
        var start = await channel.SetMembersAsync("publisher", 1, default);
        var silo = (await channel.PublishAsync(Batch(1, "one"))).Silo!;
        var answer = new TaskCompletionSource<IReadOnlyDictionary<string, ChannelTail?>>();
        var asked = _cluster.Tails.AnswerWith(answer.Task);

        var statement = channel.SetMembersAsync("other", 1, new ChannelPosition(start.Epoch - 1, 7)).AsTask();
        await asked.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        Assert.Null((await RelayAsync(silo, (channel, Batch(2, "two")))).Single());
        answer.SetException(new TemporarilyUnavailableException());
        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => statement);

        Assert.NotNull((await RelayAsync(silo, (channel, Batch(2, "two")))).Single());
    }

    [Fact]
    public async Task ARelayWhoseSiloIsGone_HasNoChannels()
    {
        var silo = _cluster.Silos[1];
        var (channel, receipt) = await ChannelInAsync(silo.SiloAddress);
        await _cluster.StopAsync(silo);

        Assert.Null((await RelayAsync(receipt.Silo!, (channel, Batch(100, "two")))).Single());
    }

    [Fact]
    public async Task Inboxes_GetTheOrderOfTheChannel_WhileItsGrainAndItsRelayPublish()
    {
        const int Count = 1000;
        var channel = _cluster.NewChannel();
        await channel.SetMembersAsync("first", 1, default);
        await channel.SetMembersAsync("second", 1, default);
        var silo = (await channel.PublishAsync(Batch(1, "begin"))).Silo!;

        await Task.WhenAll(
            PublishAsync(async batch => Assert.NotNull((await RelayAsync(silo, (channel, batch with { Publisher = "one" }))).Single())),
            PublishAsync(async batch => await channel.PublishAsync(batch with { Publisher = "two" })));

        foreach (var gateway in (string[])["first", "second"])
        {
            Assert.Equal(Enumerable.Range(1, (2 * Count) + 1).Select(static i => (long)i), _cluster.Inboxes.SentTo(gateway).Select(static sent => sent.First.Offset));
        }

        static async Task PublishAsync(Func<PublishBatch, Task> publish)
        {
            for (var i = 1; i <= Count; i++)
            {
                await publish(Batch(i, $"{i}"));
            }
        }
    }

    private async ValueTask<IEnumerable<PublishReceipt?>> RelayAsync(SiloAddress silo, params (IChannelGrain Channel, PublishBatch Batch)[] batches) =>
        await _cluster.Client.GetGrain<IChannelRelayGrain>(ChannelRelayKey.Create(silo, "publisher"))
            .PublishAsync([.. batches.Select(static one => new ChannelBatch(one.Channel.GetPrimaryKeyString(), one.Batch))]);

    /// <summary>A channel with a member, that is active in a silo and has one message.</summary>
    private async Task<(IChannelGrain Channel, PublishReceipt Receipt)> ChannelInAsync(SiloAddress silo)
    {
        var channel = _cluster.NewChannel();
        RequestContext.Set(IPlacementDirector.PlacementHintKey, silo);
        await channel.SetMembersAsync("publisher", 1, default);
        RequestContext.Clear();
        var receipt = await channel.PublishAsync(Batch(1, "one"));
        Assert.Equal(silo, receipt.Silo);
        return (channel, receipt);
    }
}
