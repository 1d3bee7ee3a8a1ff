using System.Collections.Immutable;

namespace Realtime.Channels;

/// <inheritdoc cref="IChannelRelayGrain"/>
[ChannelRelayPlacement]
internal sealed class ChannelRelayGrain(ILocalChannels channels, ChannelOrders orders, ILocalSiloDetails silo) : Grain, IChannelRelayGrain
{
    public ValueTask<ImmutableArray<PublishReceipt?>> PublishAsync(ImmutableArray<ChannelBatch> batches)
    {
        if (!IsInItsSilo())
        {
            DeactivateOnIdle();
        }

        var receipts = ImmutableArray.CreateBuilder<PublishReceipt?>(batches.Length);
        foreach (var (channelKey, batch) in batches)
        {
            receipts.Add(channels.TryPublish(channelKey, batch, out var receipt) ? receipt : null);
        }

        return new(receipts.MoveToImmutable());
    }

    public ValueTask<OrderTail?> CloseAsync(string channelKey, long later, int maxBytes)
    {
        if (!IsInItsSilo())
        {
            DeactivateOnIdle();
            throw new TemporarilyUnavailableException();
        }

        return new(orders.Close(channelKey, later, maxBytes));
    }

    // Otherwise that silo is gone, or whoever looked for it didn't know it yet and may by now.
    private bool IsInItsSilo() => silo.SiloAddress.Equals(ChannelRelayKey.SiloOf(this.GetPrimaryKeyString()));
}
