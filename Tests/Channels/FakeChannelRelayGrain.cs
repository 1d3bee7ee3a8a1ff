using System.Collections.Immutable;
using Realtime.Channels;

namespace Realtime.Tests.Channels;

/// <summary>A relay's grain whose answers a test decides.</summary>
internal sealed class FakeChannelRelayGrain : IChannelRelayGrain
{
    /// <summary>What it was called with.</summary>
    public List<ImmutableArray<ChannelBatch>> Calls { get; } = [];

    /// <summary>Answers for one channel.</summary>
    public Func<ChannelBatch, PublishReceipt?> Publish { get; set; } = static _ => null;

    /// <summary>Awaited before a call is answered.</summary>
    public Task Answer { get; set; } = Task.CompletedTask;

    public async ValueTask<ImmutableArray<PublishReceipt?>> PublishAsync(ImmutableArray<ChannelBatch> batches)
    {
        Calls.Add(batches);
        await Answer;
        return [.. batches.Select(Publish)];
    }

    public ValueTask<OrderTail?> CloseAsync(string channelKey, long later, int maxBytes) => throw new NotSupportedException();
}
