using Microsoft.Extensions.Time.Testing;
using Orleans.Streams;
using Realtime.Providers.PushStreams;

namespace Realtime.Tests.Providers.PushStreams;

public sealed class PushStreamQueueCacheTests
{
    private readonly StreamId _streamId = PushStreamCluster.NewStreamId();
    private readonly FakeTimeProvider _time = new();
    private readonly PushStreamQueue _queue;
    private readonly PushStreamQueueCache _cache;

    public PushStreamQueueCacheTests()
    {
        var options = new PushStreamOptions();
        _queue = new PushStreamQueue(options, static (_, _, _) => { });
        _cache = new PushStreamQueueCache(_queue, options, _time);
    }

    [Fact]
    public void Queue_IsDrained_WhenTheSlowestCursorHasMovedOn()
    {
        var fast = CursorFromNow();
        var slow = CursorFromNow();
        Publish(1);
        Assert.True(fast.MoveNext());
        Assert.False(fast.MoveNext());
        Assert.True(slow.MoveNext());

        var whileInDelivery = _queue.WhenIdleAsync().IsCompleted;
        Assert.False(slow.MoveNext());

        Assert.False(whileInDelivery);
        Assert.True(_queue.WhenIdleAsync().IsCompleted);
    }

    [Fact]
    public void Queue_IsDrained_WhenAStreamHasNoSubscriber()
    {
        Publish(1);
        var beforeTheNextRead = _queue.WhenIdleAsync().IsCompleted;

        _cache.TryPurgeFromCache(out _);

        Assert.False(beforeTheNextRead);
        Assert.True(_queue.WhenIdleAsync().IsCompleted);
    }

    [Fact]
    public void LateCursor_FindsItsFirstEvent_WhenOthersHavePassedIt()
    {
        var early = CursorFromNow();
        var token = Publish(1);
        while (early.MoveNext())
        {
        }

        Publish(2);
        while (early.MoveNext())
        {
        }

        var late = CursorAt(token);

        Assert.Equal([1, 2], Rest(late));
    }

    [Fact]
    public void DeliveredBatches_AreForgotten_WhenTheHandshakeTimeIsOver()
    {
        var token = Publish(1);
        _cache.TryPurgeFromCache(out _);

        _time.Advance(TimeSpan.FromSeconds(2));
        _cache.TryPurgeFromCache(out _);

        Assert.Empty(Rest(CursorAt(token)));
    }

    [Fact]
    public void UndeliveredBatches_AreKept_WhenTheHandshakeTimeIsOver()
    {
        var cursor = CursorFromNow();
        Publish(1);

        _time.Advance(TimeSpan.FromMinutes(1));
        _cache.TryPurgeFromCache(out _);

        Assert.Equal([1], Rest(cursor));
    }

    [Fact]
    public void FailedDelivery_SkipsWhatWaits_WhenTheStreamHasOneSubscriber()
    {
        var cursor = CursorFromNow();
        Publish(1);
        _queue.Append(_streamId, [2]);
        Assert.True(cursor.MoveNext());

        cursor.RecordDeliveryFailure();
        Publish(3);

        Assert.Equal([3], Rest(cursor));
    }

    private PushStreamCursor CursorFromNow() => (PushStreamCursor)_cache.GetCacheCursor(_streamId, token: null);

    private PushStreamCursor CursorAt(StreamSequenceToken token) => (PushStreamCursor)_cache.GetCacheCursor(_streamId, token);

    private StreamSequenceToken Publish(int number)
    {
        _queue.Append(_streamId, [number]);
        var batches = _queue.Take(1);
        _cache.AddToCache(batches);
        return batches[0].SequenceToken;
    }

    private static List<int> Rest(PushStreamCursor cursor)
    {
        var numbers = new List<int>();
        while (cursor.MoveNext())
        {
            numbers.AddRange(cursor.GetCurrent(out _)!.GetEvents<int>().Select(item => item.Item1));
        }

        return numbers;
    }
}
