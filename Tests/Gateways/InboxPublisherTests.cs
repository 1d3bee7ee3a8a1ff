using System.Collections.Concurrent;
using Orleans.Streams;
using Orleans.TestingHost;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Gateways;

/// <summary>On a cluster of its own: stream agents need a clock that runs.</summary>
public sealed class InboxPublisherTests : IAsyncLifetime
{
    private readonly InProcessTestCluster _cluster = Build();

    public async ValueTask InitializeAsync() => await _cluster.DeployAsync();

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    [Fact]
    public async Task Publish_NumbersWithoutGap_WhenManyThreadsPublish()
    {
        const int Threads = 8, Each = 250;
        var (gateway, received) = await ListenAsync();
        var publisher = _cluster.Silos[0].ServiceProvider.GetRequiredService<IInboxPublisher>();

        await Task.WhenAll(Enumerable.Range(0, Threads).Select(_ => Task.Run(() =>
        {
            for (var i = 0; i < Each; i++)
            {
                publisher.Publish(gateway, new InboxBeat());
            }
        })));
        await Eventually.TrueAsync(() => received.Count >= Threads * Each, "all events");

        // Memory streams, unlike the product's provider, don't keep the order of calls.
        Assert.Equal(Enumerable.Range(1, Threads * Each).Select(i => (long)i), received.Select(m => m.Sequence).Order());
        Assert.Single(received.Select(m => m.Silo).Distinct());
    }

    [Fact]
    public async Task Beats_ComeFromEverySilo_WhenTheGatewayIsRegistered()
    {
        var gateway = new TestGateway();
        var (_, received) = await ListenAsync(gateway.Id);

        await gateway.RegisterAsync(_cluster.Client);
        await Eventually.TrueAsync(() => received.Select(m => m.Silo).Distinct().Count() == 2, "beats of both silos");

        Assert.All(received, static message => Assert.IsType<InboxBeat>(message.Event));
    }

    private static InProcessTestCluster Build()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorageAsDefault();
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddMemoryStreams(RealtimeStreams.ProviderName);
            silo.AddRealtimeGrains();
        });
        builder.ConfigureClient(client => client.AddMemoryStreams(RealtimeStreams.ProviderName));
        return builder.Build();
    }

    private async Task<(string Gateway, ConcurrentQueue<InboxMessage> Received)> ListenAsync(string? gateway = null)
    {
        gateway ??= Identifiers.NewId();
        var received = new ConcurrentQueue<InboxMessage>();
        await _cluster.Client.GetStreamProvider(RealtimeStreams.ProviderName)
            .GetStream<InboxMessage>(StreamId.Create(RealtimeStreams.InboxNamespace, gateway))
            .SubscribeAsync((message, _) =>
            {
                received.Enqueue(message);
                return Task.CompletedTask;
            });
        return (gateway, received);
    }
}
