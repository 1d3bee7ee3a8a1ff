using Orleans.Runtime.Placement;
using Realtime.Channels;
using Realtime.Gateways;
using static Realtime.Tests.Channels.TestPublications;

namespace Realtime.Tests.Channels;

/// <summary>
/// A channel has two activations for a moment, as an entry of the grain directory was forgotten when silos came and went, and
/// meanwhile a gateway is lost.
/// </summary>
public sealed class EarlierOrderTests : IAsyncLifetime
{
    private readonly ChannelCluster _cluster = new(silos: 2);
    private readonly string _key = ChannelKey.Create("db", Guid.NewGuid().ToString());

    private ChannelOrders FirstOrders => _cluster.Silos[0].ServiceProvider.GetRequiredService<ChannelOrders>();

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task LaterActivation_GoesOnWithTheOrderOfTheEarlierOne_ThoughAGatewayIsSilent(bool hasStopped)
    {
        var earlier = FirstOrders.Begin(_key);
        var accepted = earlier.Append(Batch(1, "one", "two"), keep: true);
        if (hasStopped)
        {
            // It heard of the later one first.
            FirstOrders.End(earlier);
        }

        AnswerWith(member: new ChannelTail(1, accepted.First, [Accepted(earlier, accepted, "one")]));
        var channel = await LaterActivationAsync(accepted.First);
        var next = await channel.PublishAsync(Batch(2, "two", "three"));

        Assert.Equal(1, next.Skipped);
        Assert.Equal(accepted.First with { Offset = 2 }, next.Previous);
        Assert.Equal(["two", "three"], (await channel.ReadHistoryAsync(accepted.First)).Publications!.Value.Texts());
    }

    [Fact]
    public async Task EarlierActivation_AcceptsNothingMore_OnceItHasTold()
    {
        var earlier = FirstOrders.Begin(_key);
        earlier.SetGateways([new MemberGateway("silent", DateTimeOffset.UtcNow)]);
        var accepted = earlier.Append(Batch(1, "one"), keep: true);
        Assert.True(earlier.IsOpen);
        AnswerWith(member: new ChannelTail(1, accepted.First, [Accepted(earlier, accepted, "one")]));
        await LaterActivationAsync(accepted.First);

        Assert.False(earlier.IsOpen);
        Assert.Throws<TemporarilyUnavailableException>(() => earlier.Append(Batch(2, "two"), keep: true));
    }

    [Fact]
    public async Task SilentGateways_AreToldThatTheEarlierActivationHasEnded()
    {
        // It may have been frozen only, and hasn't heard of the later one.
        var earlier = FirstOrders.Begin(_key);
        earlier.SetGateways([new MemberGateway("silent", DateTimeOffset.UtcNow)]);
        var accepted = earlier.Append(Batch(1, "one"), keep: true);
        AnswerWith(member: new ChannelTail(1, accepted.First, [Accepted(earlier, accepted, "one")]));
        await LaterActivationAsync(accepted.First);

        Assert.Equal([_key], _cluster.Inboxes.StoppedAt("silent"));
    }

    [Fact]
    public async Task LaterActivation_GoesOnWithAnOrder_ThatHasContinuedAnother()
    {
        var earlier = FirstOrders.Begin(_key);
        var before = new ChannelPosition(earlier.Epoch - 1, 1);
        earlier.Continue(new ChannelPast(before, []), []);
        var accepted = earlier.Append(Batch(1, "one"), keep: true);
        AnswerWith(member: new ChannelTail(1, before, []));
        var channel = await LaterActivationAsync(before);

        Assert.Equal(["one"], (await channel.ReadHistoryAsync(before)).Publications!.Value.Texts());
        Assert.Equal(accepted.First, (await channel.SetMembersAsync("member", 1, accepted.First)).Position);
    }

    [Theory]
    [InlineData(true, 1)] // What was accepted in between is in no order that lives.
    [InlineData(true, -1)] // Newcomers began it and published; who was there before knows of another order.
    [InlineData(false, -1)] // Newcomers began it, and nobody has told it of the order before.
    public async Task SilentGateways_AreWaitedFor_WhenMembersStandInAnotherEpoch(bool hasPublished, int epochs)
    {
        var earlier = FirstOrders.Begin(_key);
        if (hasPublished)
        {
            earlier.Append(Batch(1, "one"), keep: true);
        }

        var served = new ChannelPosition(earlier.Epoch + epochs, 1);
        AnswerWith(member: new ChannelTail(1, served, []));

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => LaterActivationAsync(served));
    }

    [Fact]
    public async Task SilentGateways_AreWaitedFor_WhenASiloWasLostLately()
    {
        var earlier = FirstOrders.Begin(_key);
        var accepted = earlier.Append(Batch(1, "one"), keep: true);
        AnswerWith(member: new ChannelTail(1, accepted.First, [Accepted(earlier, accepted, "one")]));
        _cluster.HasLostASilo = true;

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => LaterActivationAsync(accepted.First));
    }

    [Fact]
    public async Task SilentGateways_AreWaitedFor_WhenASiloDoesNotAnswer()
    {
        // It may have a later order than the one that is told.
        var earlier = FirstOrders.Begin(_key);
        var accepted = earlier.Append(Batch(1, "one"), keep: true);
        AnswerWith(member: new ChannelTail(1, accepted.First, [Accepted(earlier, accepted, "one")]));
        _cluster.SilentSilo = _cluster.Silos[1].SiloAddress;

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => LaterActivationAsync(accepted.First));
    }

    private void AnswerWith(ChannelTail member) => _cluster.Tails.AnswerWith(Task.FromResult<IReadOnlyDictionary<string, ChannelTail?>>(
        new Dictionary<string, ChannelTail?> { ["member"] = member, ["silent"] = null }));

    private ChannelPublications Accepted(ChannelOrder order, PublishReceipt receipt, params string[] texts) =>
        new(_key, new ChannelPosition(order.Epoch, 0), receipt.First, "publisher", 1, Batch(1, texts).Payloads);

    /// <summary>Begins the channel's grain in the other silo, where members state a position of the earlier one.</summary>
    private async Task<IChannelGrain> LaterActivationAsync(ChannelPosition served)
    {
        var channel = _cluster.Client.GetGrain<IChannelGrain>(_key);
        RequestContext.Set(IPlacementDirector.PlacementHintKey, _cluster.Silos[1].SiloAddress);
        await channel.SetMembersAsync("member", 1, served);
        RequestContext.Clear();
        return channel;
    }
}
