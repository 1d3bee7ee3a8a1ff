using System.Collections.Concurrent;
using Orleans.Streams;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Failures;

/// <summary>What a gateway hears of a loss that the silos had learnt of before they knew the gateway.</summary>
[Collection<RunAlone>]
public sealed class NewGatewayAfterLossTests
{
    [Fact]
    public async Task Gateway_ThatRegistersJustAfterALoss_HearsOfIt()
    {
        await using var backend = await LossyBackend.StartAsync();
        var client = backend.Cluster.Client;
        var (early, late) = (new TestGateway(), new TestGateway());
        var heardEarly = await ListenAsync(client, early);
        var heardLate = await ListenAsync(client, late);
        await early.RegisterAsync(client);
        await Eventually.TrueAsync(() => !heardEarly.IsEmpty, "the silos to know the first gateway");

        // It states something to the lost silo before anybody knows that it is lost, and nobody knows the gateway yet.
        await backend.Cluster.KillSiloAsync(backend.Cluster.Silos[^1]);
        await Eventually.TrueAsync(
            async () =>
            {
                await early.RegisterAsync(client);
                return LossesIn(heardEarly) == 2;
            },
            "both other silos to tell the first gateway",
            TimeSpan.FromSeconds(60));
        Assert.Equal(0, LossesIn(heardLate));
        await late.RegisterAsync(client);

        await Eventually.TrueAsync(() => LossesIn(heardLate) == 2, "both other silos to tell the second gateway");
    }

    private static int LossesIn(ConcurrentQueue<InboxMessage> heard) =>
        heard.Where(static message => message.Event is SiloLost).Select(static message => message.Silo).Distinct().Count();

    private static async Task<ConcurrentQueue<InboxMessage>> ListenAsync(IClusterClient client, TestGateway gateway)
    {
        var heard = new ConcurrentQueue<InboxMessage>();
        await client.GetStreamProvider(RealtimeStreams.ProviderName)
            .GetStream<InboxMessage>(StreamId.Create(RealtimeStreams.InboxNamespace, gateway.Id))
            .SubscribeAsync((message, _) =>
            {
                heard.Enqueue(message);
                return Task.CompletedTask;
            });
        return heard;
    }
}
