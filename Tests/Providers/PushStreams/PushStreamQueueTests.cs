using Realtime.Providers.PushStreams;

namespace Realtime.Tests.Providers.PushStreams;

public sealed class PushStreamQueueTests
{
    private readonly StreamId _a = PushStreamCluster.NewStreamId();
    private readonly StreamId _b = PushStreamCluster.NewStreamId();
    private readonly List<(int Events, string Reason)> _dropped = [];
    private readonly PushStreamQueue _queue;

    public PushStreamQueueTests() => _queue = new PushStreamQueue(
        new PushStreamOptions { MaxBatchEvents = 3, MaxBatchBytes = 100, MaxPendingEventsPerStream = 5, MaxPendingBytesPerStream = 200, SizeOf = static item => (item as Sized)?.SizeInBytes ?? 0 },
        (_, events, reason) => _dropped.Add((events, reason.ToString())));

    [Fact]
    public void Streams_TakeTurns_WhenSeveralHaveEvents()
    {
        _queue.Append(_a, [1, 2, 3, 4]);
        _queue.Append(_b, [5]);

        var batches = Take();
        _queue.Release(_a, 1);

        Assert.Equal([(_a, "1 2 3"), (_b, "5")], batches);
        Assert.Equal([(_a, "4")], Take());
    }

    [Fact]
    public void Stream_Pauses_WhileABatchIsUndelivered()
    {
        _queue.Append(_a, [1]);
        _ = Take();
        _queue.Append(_a, [2]);
        _queue.Append(_a, [3]);

        var whilePaused = Take();
        _queue.Release(_a, 1);
        var afterDelivery = Take();

        Assert.Empty(whilePaused);
        Assert.Equal([(_a, "2 3")], afterDelivery);
    }

    [Fact]
    public void Backlog_IsDroppedWhole_WhenItHoldsTooManyEvents()
    {
        _queue.Append(_a, [1, 2, 3, 4, 5, 6]);

        Assert.Equal([(5, "Overflow")], _dropped);
        Assert.Equal([(_a, "6")], Take());
    }

    [Fact]
    public void Backlog_IsDroppedWhole_WhenItHoldsTooManyBytes()
    {
        _queue.Append(_a, [new Sized(120), new Sized(70), new Sized(20)]);

        Assert.Equal([(2, "Overflow")], _dropped);
        Assert.Equal([(_a, "20")], Take());
    }

    [Fact]
    public void Batch_EndsBeforeItsByteLimit_WhenEventsTellTheirSize()
    {
        _queue.Append(_a, [new Sized(60), new Sized(60), new Sized(40)]);

        Assert.Equal([(_a, "60")], Take());
        _queue.Release(_a, 1);
        Assert.Equal([(_a, "60 40")], Take());
    }

    [Fact]
    public void Batch_HoldsALargeEventAlone_WhenItExceedsTheByteLimit()
    {
        _queue.Append(_a, [new Sized(150), new Sized(10)]);

        Assert.Equal([(_a, "150")], Take());
        _queue.Release(_a, 1);
        Assert.Equal([(_a, "10")], Take());
    }

    [Fact]
    public async Task Reader_IsWoken_WhenAnEventArrives()
    {
        var wait = _queue.WaitAsync();
        Assert.False(wait.IsCompleted);

        _queue.Append(_a, [1]);

        Assert.True(await wait);
    }

    [Fact]
    public async Task Drain_Completes_WhenTheLastBatchIsDelivered()
    {
        _queue.Append(_a, [1]);
        _ = Take();
        var idle = _queue.WhenIdleAsync();
        Assert.False(idle.IsCompleted);

        _queue.Release(_a, 1);

        await idle;
    }

    [Fact]
    public void Events_AreDropped_WhenTheQueueIsClosed()
    {
        _queue.Append(_a, [1]);
        _queue.Close();
        _queue.Append(_a, [2, 3]);

        Assert.Empty(Take());
        Assert.Equal([(1, "Stopped"), (2, "Stopped")], _dropped);
    }

    private List<(StreamId, string)> Take() =>
        [.. _queue.Take(10).Select(batch => (batch.StreamId, string.Join(' ', batch.GetEvents<object>().Select(item => item.Item1))))];

    private sealed record Sized(int SizeInBytes)
    {
        public override string ToString() => $"{SizeInBytes}";
    }
}
