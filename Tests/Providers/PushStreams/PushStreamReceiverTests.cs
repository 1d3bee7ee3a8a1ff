using Microsoft.Extensions.Time.Testing;
using Orleans.Streams;
using Realtime.Providers.PushStreams;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Providers.PushStreams;

/// <summary>When an agent's read returns.</summary>
public sealed class PushStreamReceiverTests
{
    private readonly PushStreamOptions _options = new() { MaxBatchEvents = 50 };
    private readonly FakeTimeProvider _time = new();
    private readonly StreamId _stream = PushStreamCluster.NewStreamId();
    private readonly PushStreamQueue _queue;
    private readonly PushStreamReceiver _receiver;

    public PushStreamReceiverTests()
    {
        _queue = new PushStreamQueue(_options, static (_, _, _) => Assert.Fail("Nothing is dropped."));
        _receiver = new PushStreamReceiver(_queue, _options, _time);
    }

    [Fact]
    public async Task Read_ReturnsAtOnce_WhenAnEventComes()
    {
        var read = ReadAsync();
        Assert.False(read.IsCompleted);
        Append(1);
        Assert.Equal(1, await read);

        Append(1);

        Assert.Equal(1, await ReadAsync());
    }

    [Fact]
    public async Task Reads_AreApart_WhenThereIsMuchToRead()
    {
        Append(30);
        Assert.Equal(30, await ReadAsync());
        Append(1);
        var read = ReadAsync();
        Append(2);
        Assert.False(read.IsCompleted);

        _time.Advance(_options.LongestPause);

        Assert.Equal(3, await read);
    }

    [Fact]
    public async Task Reads_AreNotApart_WhenTheNextBatchIsFull()
    {
        Append(130);

        Assert.Equal(50, await ReadAsync());
        Assert.Equal(50, await ReadAsync());
    }

    [Fact]
    public async Task Read_Ends_WhenTheAgentStopsBetweenReads()
    {
        using var stopping = new CancellationTokenSource();
        Append(30);
        await ReadAsync();
        Append(1);
        var read = ReadAsync(stopping.Token);

        await stopping.CancelAsync();

        Assert.Equal(0, await read);
    }

    private void Append(int count) => _queue.Append(_stream, Enumerable.Range(0, count).ToArray());

    private async Task<int> ReadAsync(CancellationToken cancellationToken = default)
    {
        var batches = await _receiver.GetQueueMessagesAsync(QueueAdapterConstants.UNLIMITED_GET_QUEUE_MSG, cancellationToken)
            .WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        _queue.Release(_stream, batches.Count);
        return batches.Sum(static batch => ((PushStreamBatch)batch).Count);
    }
}
