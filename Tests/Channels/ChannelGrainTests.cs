using System.Collections.Immutable;
using System.Text;
using Realtime.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

[Collection(typeof(OnGrainCluster))]
public sealed class ChannelGrainTests(GrainCluster fixture)
{
    private IClusterClient? _client;

    [Fact]
    public async Task Publish_NumbersWithoutGaps_AndTheHistoryReturnsWhatIsNewer()
    {
        var channel = await ChannelAsync();
        var start = await channel.SetMembersAsync((await GatewayAsync()).Id, 1);

        await channel.PublishAsync(Payloads("one", "two"));
        var last = await channel.PublishAsync(Payloads("three"));
        var history = await channel.ReadHistoryAsync(start with { Offset = 1 });

        Assert.Equal(start with { Offset = 3 }, last);
        Assert.Equal(["two", "three"], history!.Value.Select(static payload => Encoding.UTF8.GetString(payload.Span)));
    }

    [Fact]
    public async Task History_CannotBeShown_ForAnotherEpoch()
    {
        var channel = await ChannelAsync();
        var position = await channel.PublishAsync(Payloads("one"));

        Assert.Null(await channel.ReadHistoryAsync(position with { Epoch = position.Epoch - 1 }));
    }

    [Fact]
    public async Task Count_AddsUpTheGateways_AndTheLatestStatementCounts()
    {
        var channel = await ChannelAsync();
        var (one, other) = (await GatewayAsync(), await GatewayAsync());

        await channel.SetMembersAsync(one.Id, 2);
        await channel.SetMembersAsync(other.Id, 5);
        await channel.SetMembersAsync(other.Id, 3);
        var both = await channel.CountMembersAsync();
        await channel.SetMembersAsync(one.Id, 0);

        Assert.Equal(5, both);
        Assert.Equal(3, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Count_ForgetsAGateway_WhenItsLeaseHasPassed()
    {
        var channel = await ChannelAsync();
        await channel.SetMembersAsync((await GatewayAsync()).Id, 2);

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

    private async Task<IChannelGrain> ChannelAsync()
    {
        _client = (await fixture.StartedAsync()).Client;
        return _client.GetGrain<IChannelGrain>(ChannelKey.Create("db", Guid.NewGuid().ToString()));
    }

    private async Task<TestGateway> GatewayAsync()
    {
        var gateway = new TestGateway();
        await gateway.RegisterAsync(_client!);
        return gateway;
    }

    private static ImmutableArray<ReadOnlyMemory<byte>> Payloads(params string[] payloads) =>
        [.. payloads.Select(static payload => new ReadOnlyMemory<byte>(Encoding.UTF8.GetBytes(payload)))];
}
