using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

[Collection(typeof(OnGrainCluster))]
public sealed class ChannelGrainTests(GrainCluster fixture)
{
    // Orleans holds observers weakly.
    private readonly List<TestGateway> _gateways = [];
    private IClusterClient? _client;

    [Fact]
    public async Task Publish_NumbersWithoutGaps_AndTheHistoryReturnsWhatIsNewer()
    {
        var channel = await ChannelAsync();
        var start = await channel.SetMembersAsync((await GatewayAsync()).Id, 1, default);

        await channel.PublishAsync(Batch(1, "one", "two"));
        var last = await channel.PublishAsync(Batch(3, "three"));
        var history = await channel.ReadHistoryAsync(start.Position with { Offset = 1 });

        Assert.Equal(start.Position with { Offset = 3 }, last.First);
        Assert.Equal(["two", "three"], history.Publications!.Value.Texts());
    }

    [Fact]
    public async Task Publish_OrdersARepeatedCallOnce()
    {
        var channel = await ChannelAsync();
        var start = await channel.SetMembersAsync((await GatewayAsync()).Id, 1, default);

        await channel.PublishAsync(Batch(1, "one", "two"));
        var again = await channel.PublishAsync(Batch(1, "one", "two", "three") with { IsRepeated = true });
        var history = await channel.ReadHistoryAsync(start.Position);

        Assert.Equal(2, again.Skipped);
        Assert.Equal(["one", "two", "three"], history.Publications!.Value.Texts());
    }

    [Fact]
    public async Task History_CannotBeShown_ForAnotherEpoch()
    {
        var channel = await ChannelAsync();
        var receipt = await channel.PublishAsync(Batch(1, "one"));

        Assert.Null((await channel.ReadHistoryAsync(receipt.First with { Epoch = receipt.Epoch - 1 })).Publications);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task History_StaysForThoseWhoComeBack_WhenTheMembersHaveLeft(bool isPublishedAfterwards)
    {
        var (channel, gateway) = (await ChannelAsync(), await GatewayAsync());
        var start = await channel.SetMembersAsync(gateway.Id, 1, default, 1);
        await (isPublishedAfterwards ? LeaveAsync() : PublishAsync());
        await (isPublishedAfterwards ? PublishAsync() : LeaveAsync());

        await _client!.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);

        Assert.Equal(["one"], (await channel.ReadHistoryAsync(start.Position)).Publications?.Texts());

        async Task LeaveAsync() => await channel.SetMembersAsync(gateway.Id, 0, start.Position, 2);
        async Task PublishAsync() => await channel.PublishAsync(Batch(1, "one"));
    }

    [Fact]
    public async Task Members_OfALostActivation_GetWhatItHadAccepted_AndThenWhatIsNew()
    {
        var channel = await ChannelAsync();
        var (behind, ahead) = (await GatewayAsync(), await GatewayAsync());
        behind.CollectTail = static (_, _) => new ChannelTail(2, new(7, 1), [TestPublications.At(7, 1, "one")]);
        ahead.CollectTail = static (_, _) => new ChannelTail(3, new(7, 2), [TestPublications.At(7, 1, "one", "two")]);

        var status = await channel.SetMembersAsync(behind.Id, 2, new ChannelPosition(7, 1));
        var receipt = await channel.PublishAsync(Batch(3, "three"));

        Assert.Equal(new(7, 2), status.Position);
        Assert.Equal(new(7, 2), receipt.Previous);
        Assert.Equal(["two", "three"], (await channel.ReadHistoryAsync(new(7, 1))).Publications!.Value.Texts());
        Assert.Equal(["three"], (await channel.ReadHistoryAsync(new(7, 2))).Publications!.Value.Texts());
        Assert.Equal(5, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Newcomers_ContinueTheOrderThatOthersKnowOf_WhenASiloWasLostLately()
    {
        var channel = await ChannelAsync();
        var (newcomer, other) = (await GatewayAsync(), await GatewayAsync());
        other.CollectTail = static (_, _) => new ChannelTail(1, new(7, 1), [TestPublications.At(7, 1, "one")]);
        fixture.HasLostASilo = true;
        try
        {
            // Another activation may live, which a silo that has stopped led to.
            var status = await channel.SetMembersAsync(newcomer.Id, 1, default);

            Assert.Equal(new ChannelPosition(7, 1), status.Position);
            Assert.Equal(2, await channel.CountMembersAsync());
        }
        finally
        {
            fixture.HasLostASilo = false;
        }
    }

    [Fact]
    public async Task Members_GetWhatAGatewayHadAccepted_ThatCouldNotRenewItsLease()
    {
        // It lives, but its way to the directory led through the silo that was lost.
        var channel = await ChannelAsync();
        var (member, lapsed) = (await GatewayAsync(), await GatewayAsync());
        member.CollectTail = static (_, _) => new ChannelTail(2, new(7, 1), [TestPublications.At(7, 1, "one")]);
        lapsed.CollectTail = static (_, _) => new ChannelTail(0, default, [TestPublications.At(7, 2, "two")]);
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        await member.RegisterAsync(_client!);

        var status = await channel.SetMembersAsync(member.Id, 2, new ChannelPosition(7, 1));

        Assert.Equal(new(7, 2), status.Position);
        Assert.Equal(["two"], (await channel.ReadHistoryAsync(new(7, 1))).Publications!.Value.Texts());
    }

    [Fact]
    public async Task Members_BeginAnew_WhenAGatewayThatWasAskedInVainIsForgotten()
    {
        // What it alone had accepted would be missing from the past without a word.
        var channel = await ChannelAsync();
        var (member, silent) = (await GatewayAsync(), await GatewayAsync());
        member.CollectTail = static (_, _) => new ChannelTail(2, new(7, 1), [TestPublications.At(7, 1, "one")]);
        silent.CollectTail = static (_, _) => throw new TimeoutException("It is frozen.");

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => InTimeAsync(StateAsync));
        fixture.Time.Advance(TimeSpan.FromSeconds(16));
        await member.RegisterAsync(_client!);
        var status = await InTimeAsync(StateAsync);

        Assert.NotEqual(7, status.Position.Epoch);
        Assert.Null((await channel.ReadHistoryAsync(new(7, 1))).Publications);

        Task<ChannelStatus> StateAsync() => channel.SetMembersAsync(member.Id, 2, new ChannelPosition(7, 1)).AsTask();
    }

    [Fact]
    public async Task Publish_AfterALoss_KnowsWhatTheLostActivationHadOrdered()
    {
        var channel = await ChannelAsync();
        (await GatewayAsync()).CollectTail = static (_, _) => new ChannelTail(1, new(7, 1), [TestPublications.At(7, 1, "one")]);

        var receipt = await channel.PublishAsync(Batch(1, "one", "two") with { IsRepeated = true });

        Assert.Equal(1, receipt.Skipped);
        Assert.Equal(["two"], (await channel.ReadHistoryAsync(new(7, 1))).Publications!.Value.Texts());
    }

    [Fact]
    public async Task Epoch_GoesBeyondALostOne_ThoughTheClockIsBehind()
    {
        var channel = await ChannelAsync();
        var asked = new List<long>();
        var lost = new ChannelPosition(long.MaxValue / 2, 1);
        (await GatewayAsync()).CollectTail = (_, epoch) =>
        {
            asked.Add(epoch);
            return new ChannelTail(1, lost, []);
        };

        var receipt = await channel.PublishAsync(Batch(1, "one") with { KnownEpoch = lost.Epoch });

        Assert.True(receipt.Epoch > lost.Epoch);
        Assert.Equal(lost, receipt.Previous);
        Assert.Equal(receipt.Epoch, asked[^1]);
    }

    [Fact]
    public async Task Publish_AfterALoss_KnowsWhatTheGatewaysHadNoRoomFor()
    {
        var channel = await ChannelAsync();
        (await GatewayAsync()).CollectTail = static (_, _) => new ChannelTail(1, new(7, 3), []) { Numbers = [new("publisher", 2)] };

        var receipt = await channel.PublishAsync(Batch(1, "one", "two", "three") with { IsRepeated = true });

        Assert.Equal(2, receipt.Skipped);
    }

    [Fact]
    public async Task Epoch_GoesBeyondALaterOne_ThoughSomethingWasPublishedInIt()
    {
        var channel = await ChannelAsync();
        await channel.SetMembersAsync((await GatewayAsync()).Id, 1, default);
        var first = await channel.PublishAsync(Batch(1, "one"));
        var later = first.Epoch + (1L << 40);

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(
            async () => await channel.PublishAsync(Batch(2, "two") with { KnownEpoch = later }));
        var receipt = await channel.PublishAsync(Batch(2, "two") with { KnownEpoch = later });

        Assert.True(receipt.Epoch > later);
    }

    [Fact]
    public async Task Epoch_GoesBeyondALaterOne_ThatAGatewayKnows()
    {
        var channel = await ChannelAsync();
        var later = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeMilliseconds() << 20;
        (await GatewayAsync()).CollectTail = (_, _) => new ChannelTail(0, default, []) { Epoch = later };

        var status = await channel.SetMembersAsync("gateway", 1, new ChannelPosition(7, 1));

        Assert.True(status.Epoch > later);
    }

    [Fact]
    public async Task Count_AddsUpTheGateways_AndTheLatestStatementCounts()
    {
        var channel = await ChannelAsync();
        var (one, other) = (await GatewayAsync(), await GatewayAsync());

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
        var channel = await ChannelAsync();
        var (one, other) = (await GatewayAsync(), await GatewayAsync());
        await channel.SetMembersAsync(one.Id, 2, default, statement: 7);
        await channel.SetMembersAsync(other.Id, 0, default, statement: 4);

        await channel.SetMembersAsync(one.Id, 5, default, statement: 6);
        await channel.SetMembersAsync(other.Id, 3, default, statement: 3);

        Assert.Equal(2, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Count_TakesEveryStatement_OfAGatewayThatDoesNotNumberThem()
    {
        var channel = await ChannelAsync();
        var gateway = await GatewayAsync();
        await channel.SetMembersAsync(gateway.Id, 2, default, statement: 7);

        await channel.SetMembersAsync(gateway.Id, 3, default);

        Assert.Equal(3, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Count_ForgetsAGateway_WhenItsLeaseHasPassed()
    {
        var channel = await ChannelAsync();
        await channel.SetMembersAsync((await GatewayAsync()).Id, 2, default);

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

    private async Task<T> InTimeAsync<T>(Func<Task<T>> call)
    {
        var answer = call();
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromMilliseconds(50));
                return answer.IsCompleted;
            },
            "an answer");
        return await answer;
    }

    private async Task<IChannelGrain> ChannelAsync()
    {
        _client = (await fixture.StartedAsync()).Client;
        return _client.GetGrain<IChannelGrain>(ChannelKey.Create("db", Guid.NewGuid().ToString()));
    }

    private async Task<TestGateway> GatewayAsync()
    {
        var gateway = new TestGateway();
        _gateways.Add(gateway);
        await gateway.RegisterAsync(_client!);
        return gateway;
    }

    private static PublishBatch Batch(long sequence, params string[] payloads) =>
        new("publisher", sequence, TestPublications.Payloads(payloads), IsRepeated: false, KnownEpoch: 0);
}
