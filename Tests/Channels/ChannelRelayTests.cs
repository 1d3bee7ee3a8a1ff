using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class ChannelRelayTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly FakeChannelRelayGrain _grain = new() { Publish = static one => new(1, new(1, one.Batch.Sequence - 1), new(1, one.Batch.Sequence), 0) };
    private readonly ChannelRelay _relay;

    public ChannelRelayTests() => _relay = new ChannelRelay(_grain, _time, NullLogger.Instance);

    [Fact]
    public async Task LonePublications_DoNotWait()
    {
        for (var i = 1; i <= 3; i++)
        {
            Assert.Equal(i, (await PublishAsync("key", i))!.Value.First.Offset);
        }

        Assert.Equal(3, _grain.Calls.Count);
    }

    [Fact]
    public async Task Calls_AreApart_WhenThereIsMuchToPublish()
    {
        await PublishManyAsync(20);
        var next = PublishAsync("next", 1);
        Assert.Equal(2, _grain.Calls.Count);
        Assert.False(next.IsCompleted);

        _time.Advance(ChannelRelay.LongestPause);

        await next.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        Assert.Equal([1, 20, 1], _grain.Calls.Select(static call => call.Length));
    }

    [Fact]
    public async Task Calls_AreNotApart_WhenTheNextIsFull()
    {
        await PublishManyAsync(512);

        Assert.Equal([1, 256, 256], _grain.Calls.Select(static call => call.Length));
    }

    /// <summary>Publishes once, and many while that isn't answered yet.</summary>
    private async Task PublishManyAsync(int count)
    {
        var answer = new TaskCompletionSource();
        _grain.Answer = answer.Task;
        var publishing = Enumerable.Range(0, count + 1).Select(i => PublishAsync($"key{i}", 1)).ToList();
        answer.SetResult();
        await Task.WhenAll(publishing).WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
    }

    private Task<PublishReceipt?> PublishAsync(string key, long sequence) => _relay
        .PublishAsync(key, new PublishBatch("publisher", sequence, TestPublications.Payloads("one"), IsRepeated: false, KnownEpoch: 0))
        .WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
}
