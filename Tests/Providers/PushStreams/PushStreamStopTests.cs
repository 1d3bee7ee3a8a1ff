namespace Realtime.Tests.Providers.PushStreams;

public sealed class PushStreamStopTests
{
    // So long that no slow machine comes near it.
    private static readonly TimeSpan LongDrain = TimeSpan.FromMinutes(1);

    [Fact]
    public async Task EventsPublishedDuringDeactivation_AreDelivered_WhenTheirSiloStops()
    {
        await using var cluster = PushStreamCluster.Build();
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        var key = Guid.NewGuid();
        var observer = new RecordingObserver();
        var remaining = cluster.GetSiloServiceProvider(cluster.Silos[0].SiloAddress).GetRequiredService<IClusterClient>();
        await remaining.GetStreamProvider(PushStreamCluster.Default).GetStream<NumberedEvent>(StreamId.Create("inboxes", key)).SubscribeAsync(observer);
        var stopping = cluster.Silos[1];
        var hosted = cluster.GetSiloServiceProvider(stopping.SiloAddress).GetRequiredService<IClusterClient>();
        await hosted.GetGrain<IFarewellGrain>(key).ActivateAsync();
        await hosted.GetStreamProvider(PushStreamCluster.Default).GetStream<NumberedEvent>(StreamId.Create("inboxes", key)).OnNextAsync(new NumberedEvent("p", 0));
        await observer.WaitForAsync(0);

        await cluster.StopSiloAsync(stopping, TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(0, FarewellGrain.Events + 1), observer.Received.Select(item => item.Number));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task EventsPublishedBefore_AreDelivered_WhenTheOnlySiloStops(bool coHosted)
    {
        await using var cluster = PushStreamCluster.Build(silos: 1);
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        var hosted = cluster.GetSiloServiceProvider(cluster.Silos[0].SiloAddress).GetRequiredService<IClusterClient>();
        var subscriber = coHosted ? hosted : cluster.Client;
        await subscriber.GetStreamProvider(PushStreamCluster.Default).GetStream<NumberedEvent>(streamId).SubscribeAsync(observer);
        await hosted.GetStreamProvider(PushStreamCluster.Default).GetStream<NumberedEvent>(streamId)
            .OnNextBatchAsync(Enumerable.Range(1, 2000).Select(number => new NumberedEvent("p", number)));

        await cluster.StopSiloAsync(cluster.Silos[0], TestContext.Current.CancellationToken);

        Assert.Equal(Enumerable.Range(1, 2000), observer.Received.Select(item => item.Number));
    }

    [Fact]
    public async Task Stop_DoesNotWaitForTheDrainTimeout_WhenAStreamIsFirstPublishedDuringDeactivation()
    {
        await using var cluster = PushStreamCluster.Build(drainTimeout: LongDrain);
        await cluster.DeployAsync(TestContext.Current.CancellationToken);
        var stopping = cluster.Silos[1];
        var hosted = cluster.GetSiloServiceProvider(stopping.SiloAddress).GetRequiredService<IClusterClient>();
        await hosted.GetGrain<IFarewellGrain>(Guid.NewGuid()).ActivateAsync();

        var started = TimeProvider.System.GetTimestamp();
        await cluster.StopSiloAsync(stopping, TestContext.Current.CancellationToken);

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, LongDrain / 2);
    }

    [Fact]
    public async Task Stop_DoesNotWaitForTheDrainTimeout_WhenNothingIsPending()
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await using var cluster = PushStreamCluster.Build(silos: 1, LongDrain);
        await cluster.DeployAsync(cancellationToken);
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        await cluster.Client.GetStreamProvider(PushStreamCluster.Default).GetStream<NumberedEvent>(streamId).SubscribeAsync(observer);
        var silo = cluster.Silos[0];
        var hosted = cluster.GetSiloServiceProvider(silo.SiloAddress).GetRequiredService<IClusterClient>();
        await hosted.GetStreamProvider(PushStreamCluster.Default).GetStream<NumberedEvent>(streamId).OnNextAsync(new NumberedEvent("p", 1));
        await observer.WaitForAsync(1);

        var started = TimeProvider.System.GetTimestamp();
        await cluster.StopSiloAsync(silo, cancellationToken);

        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, LongDrain / 2);
    }
}
