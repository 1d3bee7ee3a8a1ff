using Orleans.Streams;

namespace Realtime.Tests.Providers.PushStreams;

public sealed class PushStreamDeliveryTests(PushStreamCluster cluster) : IClassFixture<PushStreamCluster>
{
    [Fact]
    public async Task Client_ReceivesAllEventsInOrder_WhenOneSiloPublishes()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        await cluster.OnClient(streamId).SubscribeAsync(observer);

        await PublishAsync(cluster.OnSilo(0, streamId), "p", first: 1, last: 3000);
        await observer.WaitForAsync(3000);

        Assert.Equal(Enumerable.Range(1, 3000), observer.Received.Select(item => item.Number));
    }

    [Fact]
    public async Task Client_ReceivesEachSilosEventsInOrder_WhenTwoSilosPublish()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        await cluster.OnClient(streamId).SubscribeAsync(observer);

        await Task.WhenAll(
            PublishAsync(cluster.OnSilo(0, streamId), "a", first: 1, last: 1000),
            PublishAsync(cluster.OnSilo(1, streamId), "b", first: 1, last: 1000));
        await observer.WaitForCountAsync(2000);

        Assert.Equal(Enumerable.Range(1, 1000), NumbersOf(observer, "a"));
        Assert.Equal(Enumerable.Range(1, 1000), NumbersOf(observer, "b"));
    }

    [Fact]
    public async Task CoHostedSubscriber_ReceivesThePublishedObject_WhenItsSiloPublishes()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        await cluster.OnSilo(0, streamId).SubscribeAsync(observer);
        var published = new NumberedEvent("p", 1);

        await cluster.OnSilo(0, streamId).OnNextAsync(published);
        await observer.WaitForAsync(1);

        Assert.Same(published, observer.Received[0]);
    }

    [Fact]
    public async Task CoHostedSubscriber_ReceivesEvents_WhenAnotherSiloPublishes()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        await cluster.OnSilo(0, streamId).SubscribeAsync(observer);

        await PublishAsync(cluster.OnSilo(1, streamId), "p", first: 1, last: 10);
        await observer.WaitForAsync(10);

        Assert.Equal(Enumerable.Range(1, 10), observer.Received.Select(item => item.Number));
    }

    [Fact]
    public async Task Events_KeepTheirOrder_WhenPublishedAsOneBatch()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var observer = new RecordingObserver();
        await cluster.OnClient(streamId).SubscribeAsync(observer);

        await cluster.OnSilo(0, streamId).OnNextBatchAsync(Enumerable.Range(1, 500).Select(number => new NumberedEvent("p", number)));
        await observer.WaitForAsync(500);

        Assert.Equal(Enumerable.Range(1, 500), observer.Received.Select(item => item.Number));
    }

    [Fact]
    public async Task LateSubscriber_MissesNothingAfterSubscribing_WhenStreamIsFlowing()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var early = new RecordingObserver();
        var late = new RecordingObserver();
        await cluster.OnClient(streamId).SubscribeAsync(early);
        await PublishAsync(cluster.OnSilo(0, streamId), "p", first: 1, last: 100);
        await early.WaitForAsync(100);

        await cluster.OnClient(streamId).SubscribeAsync(late);
        for (var number = 101; number <= 300; number++)
        {
            // One at a time, so that many batches pass while the agent still shakes hands with the late subscriber.
            await PublishAsync(cluster.OnSilo(0, streamId), "p", number, number);
            await early.WaitForAsync(number);
        }

        await late.WaitForAsync(300);
        Assert.Equal(Enumerable.Range(101, 200), late.Received.Select(item => item.Number).Where(number => number > 100));
    }

    [Fact]
    public async Task Resubscriber_ReceivesNewEvents_WhenStreamRanWithoutSubscribers()
    {
        var streamId = PushStreamCluster.NewStreamId();
        var first = new RecordingObserver();
        var second = new RecordingObserver();
        var subscription = await cluster.OnClient(streamId).SubscribeAsync(first);
        await PublishAsync(cluster.OnSilo(0, streamId), "p", first: 1, last: 10);
        await first.WaitForAsync(10);
        await subscription.UnsubscribeAsync();
        await PublishAsync(cluster.OnSilo(0, streamId), "p", first: 11, last: 2000);

        await cluster.OnClient(streamId).SubscribeAsync(second);
        await PublishAsync(cluster.OnSilo(0, streamId), "p", first: 2001, last: 2100);
        await second.WaitForAsync(2100);

        Assert.Equal(Enumerable.Range(2001, 100), second.Received.Select(item => item.Number).Where(number => number > 2000));
    }

    [Fact]
    public async Task Publishing_IsRefused_WhenOnAClient()
    {
        var stream = cluster.OnClient(PushStreamCluster.NewStreamId());

        var refusal = await Assert.ThrowsAsync<NotSupportedException>(() => stream.OnNextAsync(new NumberedEvent("p", 1)));

        Assert.Equal("Push stream provider 'push' can't publish from an Orleans client: its queues live in the silos. Call a grain and let it publish.", refusal.Message);
    }

    [Fact]
    public async Task Publishing_IsRefused_WhenAnEventIsNull()
    {
        var stream = cluster.OnSilo(0, PushStreamCluster.NewStreamId());

        await Assert.ThrowsAsync<ArgumentException>(() => stream.OnNextBatchAsync([new NumberedEvent("p", 1), null!]));
    }

    private static async Task PublishAsync(IAsyncStream<NumberedEvent> stream, string publisher, int first, int last)
    {
        for (var number = first; number <= last; number++)
        {
            await stream.OnNextAsync(new NumberedEvent(publisher, number));
        }
    }

    private static IEnumerable<int> NumbersOf(RecordingObserver observer, string publisher) =>
        observer.Received.Where(item => item.Publisher == publisher).Select(item => item.Number);
}
