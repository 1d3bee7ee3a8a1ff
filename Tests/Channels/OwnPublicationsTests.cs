using System.Collections.Concurrent;
using Orleans.TestingHost;
using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Tests.Documents;

namespace Realtime.Tests.Channels;

/// <summary>Publications that their gateway hands on itself, by the receipt, on a silo whose inboxes are the test's.</summary>
public sealed class OwnPublicationsTests : IAsyncLifetime
{
    private readonly RecordingInboxes _inboxes = new();
    private readonly InProcessTestCluster _cluster;

    public OwnPublicationsTests()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo
            .AddMemoryGrainStorageAsDefault()
            .AddRealtimeGrains()
            .Services
            .AddSingleton<IInboxPublisher>(_inboxes)
            .AddSingleton<IGatewayRoster>(new RepositoryCluster.SettableRoster()));
        _cluster = builder.Build();
    }

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Publish_IsNotSentBack_ToTheOnlyGatewayWithMembers()
    {
        var channel = Channel();
        var start = await channel.SetMembersAsync("publisher", 1, default);

        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });
        await channel.PublishAsync(Batch(2, "two"));

        Assert.Equal(["two"], _inboxes.TextsOf("publisher"));
        Assert.Equal(["one", "two"], (await channel.ReadHistoryAsync(start.Position)).Publications!.Value.Texts());
    }

    [Fact]
    public async Task Publish_IsSentToAll_WhenAnotherGatewayHasMembersToo()
    {
        // Or its order among the other's would have to be found again.
        var channel = Channel();
        await channel.SetMembersAsync("publisher", 1, default);
        await channel.SetMembersAsync("other", 1, default);

        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });

        Assert.Equal(["one"], _inboxes.TextsOf("publisher"));
        Assert.Equal(["one"], _inboxes.TextsOf("other"));
    }

    [Fact]
    public async Task Publish_IsSentToTheOnlyGatewayWithMembers_WhenThatIsAnother()
    {
        var channel = Channel();
        await channel.SetMembersAsync("publisher", 0, default);
        await channel.SetMembersAsync("other", 1, default);

        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });

        Assert.Equal(["one"], _inboxes.TextsOf("other"));
    }

    [Fact]
    public async Task Publish_IsSentBack_WhenPartOfItWasOrderedByAnEarlierCall()
    {
        var channel = Channel();
        await channel.SetMembersAsync("publisher", 1, default);
        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });

        await channel.PublishAsync(Batch(1, "one", "two") with { IsHandedOn = true, IsRepeated = true });

        Assert.Equal(["two"], _inboxes.TextsOf("publisher"));
    }

    private IChannelGrain Channel() => _cluster.Client.GetGrain<IChannelGrain>(ChannelKey.Create("db", Guid.NewGuid().ToString()));

    private static PublishBatch Batch(long sequence, params string[] payloads) =>
        new("publisher", sequence, TestPublications.Payloads(payloads), IsRepeated: false, KnownEpoch: 0);

    private sealed class RecordingInboxes : IInboxPublisher
    {
        private readonly ConcurrentQueue<(string Gateway, ChannelPublications Publications)> _sent = new();

        public void Publish(string gateway, InboxEvent inboxEvent)
        {
            if (inboxEvent is ChannelPublications publications)
            {
                _sent.Enqueue((gateway, publications));
            }
        }

        public IEnumerable<string> TextsOf(string gateway) => _sent.Where(sent => sent.Gateway == gateway).Select(static sent => sent.Publications).Texts();
    }
}
