using Realtime.Tests.Infrastructure;
using static Realtime.Tests.Channels.TestPublications;

namespace Realtime.Tests.Channels;

[Collection(typeof(OnGrainCluster))]
public sealed class ChannelGrainTests(GrainCluster fixture)
{
    private readonly ChannelScene _scene = new(fixture);

    [Fact]
    public async Task Publish_NumbersWithoutGaps_AndTheHistoryReturnsWhatIsNewer()
    {
        var channel = await _scene.NewChannelAsync();
        var start = await channel.SetMembersAsync((await _scene.NewGatewayAsync()).Id, 1, default);

        await channel.PublishAsync(Batch(1, "one", "two"));
        var last = await channel.PublishAsync(Batch(3, "three"));
        var history = await channel.ReadHistoryAsync(start.Position with { Offset = 1 });

        Assert.Equal(start.Position with { Offset = 3 }, last.First);
        Assert.Equal(["two", "three"], history.Publications!.Value.Texts());
    }

    [Fact]
    public async Task Publish_OrdersARepeatedCallOnce()
    {
        var channel = await _scene.NewChannelAsync();
        var start = await channel.SetMembersAsync((await _scene.NewGatewayAsync()).Id, 1, default);

        await channel.PublishAsync(Batch(1, "one", "two"));
        var again = await channel.PublishAsync(Batch(1, "one", "two", "three") with { IsRepeated = true });
        var history = await channel.ReadHistoryAsync(start.Position);

        Assert.Equal(2, again.Skipped);
        Assert.Equal(["one", "two", "three"], history.Publications!.Value.Texts());
    }

    [Fact]
    public async Task History_CannotBeShown_ForAnotherEpoch()
    {
        var channel = await _scene.NewChannelAsync();
        var receipt = await channel.PublishAsync(Batch(1, "one"));

        Assert.Null((await channel.ReadHistoryAsync(receipt.First with { Epoch = receipt.Epoch - 1 })).Publications);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task History_StaysForThoseWhoComeBack_WhenTheMembersHaveLeft(bool isPublishedAfterwards)
    {
        var (channel, gateway) = (await _scene.NewChannelAsync(), await _scene.NewGatewayAsync());
        var start = await channel.SetMembersAsync(gateway.Id, 1, default, 1);
        await (isPublishedAfterwards ? LeaveAsync() : PublishAsync());
        await (isPublishedAfterwards ? PublishAsync() : LeaveAsync());

        await _scene.Client.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        Assert.Equal(["one"], (await channel.ReadHistoryAsync(start.Position)).Publications?.Texts());

        async Task LeaveAsync() => await channel.SetMembersAsync(gateway.Id, 0, start.Position, 2);
        async Task PublishAsync() => await channel.PublishAsync(Batch(1, "one"));
    }

    [Fact]
    public async Task Count_AddsUpTheGateways_AndTheLatestStatementCounts()
    {
        var channel = await _scene.NewChannelAsync();
        var (one, other) = (await _scene.NewGatewayAsync(), await _scene.NewGatewayAsync());

        await channel.SetMembersAsync(one.Id, 2, default);
        await channel.SetMembersAsync(other.Id, 5, default);
        await channel.SetMembersAsync(other.Id, 3, default);
        var both = await channel.CountMembersAsync();
        await channel.SetMembersAsync(one.Id, 0, default);

        Assert.Equal(5, both);
        Assert.Equal(3, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Count_IsThatOfTheLatestStatement_ThoughAnEarlierOneComesLater()
    {
        var channel = await _scene.NewChannelAsync();
        var (one, other) = (await _scene.NewGatewayAsync(), await _scene.NewGatewayAsync());
        await channel.SetMembersAsync(one.Id, 2, default, statement: 7);
        await channel.SetMembersAsync(other.Id, 0, default, statement: 4);

        await channel.SetMembersAsync(one.Id, 5, default, statement: 6);
        await channel.SetMembersAsync(other.Id, 3, default, statement: 3);

        Assert.Equal(2, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Count_TakesEveryStatement_OfAGatewayThatDoesNotNumberThem()
    {
        var channel = await _scene.NewChannelAsync();
        var gateway = await _scene.NewGatewayAsync();
        await channel.SetMembersAsync(gateway.Id, 2, default, statement: 7);

        await channel.SetMembersAsync(gateway.Id, 3, default);

        Assert.Equal(3, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Count_ForgetsAGateway_WhenItsLeaseHasPassed()
    {
        var channel = await _scene.NewChannelAsync();
        await channel.SetMembersAsync((await _scene.NewGatewayAsync()).Id, 2, default);

        fixture.Time.Advance(TimeSpan.FromSeconds(16));

        // The silo hears of it when it next asks who lives.
        await Eventually.TrueAsync(
            async () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                return await channel.CountMembersAsync() == 0;
            },
            "the lost gateway's members to be forgotten");
    }
}
