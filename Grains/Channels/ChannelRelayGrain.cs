using System.Collections.Immutable;

namespace Realtime.Channels;

/// <inheritdoc cref="IChannelRelayGrain"/>
[ChannelRelayPlacement]
internal sealed class ChannelRelayGrain(ILocalChannels channels) : Grain, IChannelRelayGrain
{
    public ValueTask<ImmutableArray<PublishReceipt?>> PublishAsync(ImmutableArray<ChannelBatch> batches)
    {
        var receipts = ImmutableArray.CreateBuilder<PublishReceipt?>(batches.Length);
        foreach (var (channelKey, batch) in batches)
        {
            receipts.Add(channels.TryPublish(channelKey, batch, out var receipt) ? receipt : null);
        }

        return new(receipts.MoveToImmutable());
    }
}
