using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Orleans.TestingHost;
using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Quotas;
using Realtime.Telemetry;
using Realtime.Tests.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Telemetry;

/// <summary>What the grains of a cluster report, over its silos.</summary>
[Collection<OnGrainCluster>]
public sealed class GrainMetricsTests(GrainCluster shared) : IDisposable
{
    private readonly List<IDisposable> _collectors = [];

    public void Dispose() => _collectors.ForEach(static collector => collector.Dispose());

    [Fact]
    public async Task Publications_AreCounted_WithTheGatewaysTheyAreFor()
    {
        var cluster = await shared.StartedAsync();
        var published = Collect<long>(cluster, "publications");
        var gateways = Collect<int>(cluster, "fanout");
        var gateway = new TestGateway();
        await gateway.RegisterAsync(cluster.Client);
        var channel = cluster.Client.GetGrain<IChannelGrain>(ChannelKey.Create(Identifiers.NewId(), "r"));
        await channel.SetMembersAsync(gateway.Id, 1, default);

        await channel.PublishAsync(new PublishBatch(gateway.Id, 1, [new byte[10], new byte[10], new byte[10]], IsRepeated: false, KnownEpoch: 0));

        Assert.Equal(3, published.Sum(static silo => silo.GetMeasurementSnapshot().Sum(static measured => measured.Value)));
        Assert.Equal([1], gateways.SelectMany(static silo => silo.GetMeasurementSnapshot()).Select(static measured => measured.Value));
    }

    [Fact]
    public async Task Recoveries_AreCounted_ByWhetherThereIsAPast()
    {
        var cluster = await shared.StartedAsync();
        var recoveries = Collect<long>(cluster, "channels.recoveries");
        var gateway = new TestGateway();
        await gateway.RegisterAsync(cluster.Client);

        gateway.CollectTail = static (_, _) => new ChannelTail(1, new(7, 1), [TestPublications.At(7, 1, "one", "two")]);
        await StateAsync();
        Assert.Equal((1, 0), (Sum(recoveries, "continued"), Sum(recoveries, "without_past")));

        // What it had accepted between may be among what it couldn't tell.
        gateway.CollectTail = static (_, _) =>
            new ChannelTail(1, new(7, 1), [TestPublications.At(7, 2, "two"), TestPublications.At(7, 4, "four")]) { IsCut = true, LacksUpTo = new(7, 3) };
        await StateAsync();
        Assert.Equal((1, 1), (Sum(recoveries, "continued"), Sum(recoveries, "without_past")));

        gateway.CollectTail = static (_, _) => new ChannelTail(0, default, []);
        await StateAsync();
        Assert.Equal((1, 1), (Sum(recoveries, "continued"), Sum(recoveries, "without_past")));

        // Nobody has spoken: its members have everything, and stay.
        gateway.CollectTail = static (_, _) => new ChannelTail(1, new(7, 0), []);
        await StateAsync();
        Assert.Equal((2, 1), (Sum(recoveries, "continued"), Sum(recoveries, "without_past")));

        Task StateAsync() => cluster.Client.GetGrain<IChannelGrain>(ChannelKey.Create(Identifiers.NewId(), "r"))
            .SetMembersAsync(gateway.Id, 1, new ChannelPosition(7, 1)).AsTask();
    }

    [Fact]
    public async Task PlanUse_IsSummedByPlan_AndRefusalsAreCounted()
    {
        var cluster = await shared.StartedAsync();
        var tenant = await shared.NewTenantAsync("idea");
        var requests = Collect<long>(cluster, "quota.requests");
        var slots = Collect<int>(cluster, "quota.slots");
        var full = Collect<int>(cluster, "quota.full");
        var before = (Slots: Observe(slots), Full: Observe(full));
        var quota = cluster.Client.GetGrain<IPlanQuotaGrain>(tenant.GetPrimaryKeyString());

        await quota.SyncAsync("gateway", held: 0, wanted: 20);
        Assert.Equal((20, 0), (Observe(slots) - before.Slots, Observe(full) - before.Full));
        await quota.SyncAsync("gateway", held: 20, wanted: 7);

        Assert.Equal((25, 1), (Observe(slots) - before.Slots, Observe(full) - before.Full));
        Assert.Equal((25, 2), (Sum(requests, "granted"), Sum(requests, "full")));
        await quota.SyncAsync("gateway", held: 0, wanted: 0);
        Assert.Equal((0, 0), (Observe(slots) - before.Slots, Observe(full) - before.Full));
    }

    private static int Observe(List<MetricCollector<int>> silos) => silos.Sum(static silo =>
    {
        silo.RecordObservableInstruments();
        return silo.GetMeasurementSnapshot().ContainsTags(KeyValuePair.Create<string, object?>("plan", "idea")).LastOrDefault()?.Value ?? 0;
    });

    private static long Sum(List<MetricCollector<long>> silos, string outcome) => silos.Sum(silo =>
        silo.GetMeasurementSnapshot().ContainsTags(KeyValuePair.Create<string, object?>("outcome", outcome)).Sum(static measured => measured.Value));

    private List<MetricCollector<T>> Collect<T>(InProcessTestCluster cluster, string name)
        where T : struct
    {
        var collectors = cluster.Silos
            .Select(silo => new MetricCollector<T>(
                silo.ServiceProvider.GetRequiredService<IMeterFactory>(), GrainMetrics.MeterName, $"realtime.grains.{name}"))
            .ToList();
        _collectors.AddRange(collectors);
        return collectors;
    }
}
