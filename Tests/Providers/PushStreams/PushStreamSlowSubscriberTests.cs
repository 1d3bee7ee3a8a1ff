namespace Realtime.Tests.Providers.PushStreams;

public sealed class PushStreamSlowSubscriberTests(PushStreamCluster cluster) : IClassFixture<PushStreamCluster>
{
    [Fact]
    public async Task OtherStreams_GoOn_WhenASubscriberOfTheirQueueHoldsItsAcknowledgement()
    {
        var stoppedId = PushStreamCluster.NewStreamId();
        var healthyId = PushStreamCluster.NewStreamId();
        var stopped = new RecordingObserver();
        var healthy = new RecordingObserver();
        using var hold = stopped.HoldAcknowledgements();
        await cluster.OnClient(stoppedId, PushStreamCluster.Small).SubscribeAsync(stopped);

        // In another client: Orleans calls all subscriptions of one client in turn, so there one that waits stops them all.
        await cluster.OnSilo(1, healthyId, PushStreamCluster.Small).SubscribeAsync(healthy);
        await PublishAsync(stoppedId, first: 1, last: 1);
        await stopped.WaitForAsync(1);

        for (var number = 1; number <= 200; number++)
        {
            await PublishAsync(stoppedId, number + 1, number + 1);
            await PublishAsync(healthyId, number, number);
            await healthy.WaitForAsync(number);
        }

        Assert.Equal(Enumerable.Range(1, 200), healthy.Received.Select(item => item.Number));
    }

    [Fact]
    public async Task Backlog_StaysWithinItsBound_WhenASubscriberHoldsItsAcknowledgement()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        using var hold = observer.HoldAcknowledgements();
        await cluster.OnClient(streamId, PushStreamCluster.Small).SubscribeAsync(observer);
        await PublishAsync(streamId, first: 1, last: 1);
        await observer.WaitForAsync(1);

        await PublishAsync(streamId, first: 2, last: 10_000);

        Assert.InRange(cluster.Queues(0, PushStreamCluster.Small).PendingEvents, 1, PushStreamCluster.SmallBound);
    }

    [Fact]
    public async Task Overflow_ShowsAsAGapBeforeTheNewestEvents_WhenTheSubscriberGoesOn()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        using var hold = observer.HoldAcknowledgements();
        await cluster.OnClient(streamId, PushStreamCluster.Small).SubscribeAsync(observer);
        await PublishAsync(streamId, first: 1, last: 1);
        await observer.WaitForAsync(1);
        await PublishAsync(streamId, first: 2, last: 100);

        hold.Dispose();
        await observer.WaitForAsync(100);
        await PublishAsync(streamId, first: 101, last: 101);
        await observer.WaitForAsync(101);

        var numbers = observer.Received.Select(item => item.Number).ToList();
        Assert.Equal(numbers.Order().Distinct(), numbers);
        Assert.True(numbers.Count < 101, "Nothing was dropped.");
        Assert.Equal([99, 100, 101], numbers[^3..]);
    }

    [Fact]
    public async Task Stream_GoesOn_WhenASubscriberRefusesABatch()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver { Refuse = item => item.Number == 1 };
        await cluster.OnClient(streamId, PushStreamCluster.Impatient).SubscribeAsync(observer);

        await PublishAsync(streamId, 1, 1, PushStreamCluster.Impatient);
        await observer.WaitForFailureAsync();
        await PublishAsync(streamId, 2, 2, PushStreamCluster.Impatient);
        await observer.WaitForAsync(2);

        Assert.Equal([new NumberedEvent("p", 2)], observer.Received);
    }

    private async Task PublishAsync(StreamId streamId, int first, int last, string provider = PushStreamCluster.Small)
    {
        var stream = cluster.OnSilo(0, streamId, provider);
        for (var number = first; number <= last; number++)
        {
            await stream.OnNextAsync(new NumberedEvent("p", number));
        }
    }
}
