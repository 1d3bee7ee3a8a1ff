using System.Collections.Immutable;

namespace Realtime.Channels;

/// <inheritdoc cref="IChannelRelayGrain"/>
[ChannelRelayPlacement]
internal sealed class ChannelRelayGrain(ILocalChannels channels, ILocalSiloDetails silo) : Grain, IChannelRelayGrain
{
    public ValueTask<ImmutableArray<PublishReceipt?>> PublishAsync(ImmutableArray<ChannelBatch> batches)
    {
        if (!silo.SiloAddress.Equals(ChannelRelayKey.SiloOf(this.GetPrimaryKeyString())))
        {
            // That silo is gone, or whoever looked for it didn't know it yet and may by now.
            DeactivateOnIdle();
        }

        var receipts = ImmutableArray.CreateBuilder<PublishReceipt?>(batches.Length);
        foreach (var (channelKey, batch) in batches)
        {
            receipts.Add(channels.TryPublish(channelKey, batch, out var receipt) ? receipt : null);
        }

        return new(receipts.MoveToImmutable());
    }
}
