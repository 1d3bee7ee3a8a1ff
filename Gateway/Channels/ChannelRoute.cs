using System.Diagnostics;
using Realtime.Channels;

namespace Realtime.Gateway.Channels;

/// <summary>
/// The nearest way to one channel's order: in this process, by the relay of the silo that ordered the last publications, or by the
/// channel's grain. One call at a time.
/// </summary>
/// <param name="key">Grain key of the channel.</param>
/// <param name="grain">Its grain.</param>
/// <param name="local">The orders in this process; null if there are none.</param>
/// <param name="relays">Those of other silos; null if there are none.</param>
/// <param name="late">Called when a receipt comes, or a failure, that nobody waits for any more: what it was about may be ordered.</param>
/// <param name="time">The clock.</param>
internal sealed class ChannelRoute(
    string key, IChannelGrain grain, ILocalChannels? local, ChannelRelays? relays, Action late, TimeProvider time)
{
    private readonly LimitedCall<PublishReceipt> _call = new(time, late);
    private volatile ChannelRelay? _relay;

    /// <summary>Whether the order is in this process, so that there is nothing to wait for.</summary>
    public bool IsInProcess => local is not null;

    /// <summary>Publishes.</summary>
    /// <param name="batch">The publications.</param>
    /// <param name="limit">How long it may take.</param>
    /// <exception cref="TimeoutException">It took longer, and may have been heard or may yet be.</exception>
    public ValueTask<PublishReceipt> PublishAsync(PublishBatch batch, TimeSpan limit)
    {
        if (local?.TryPublish(key, batch, out var receipt) == true)
        {
            return new(receipt);
        }

        // One that is heard after all is known to be old by its numbers.
        return _call.WaitAsync(relays is null ? grain.PublishAsync(batch) : CallAsync(batch), limit > TimeSpan.Zero ? limit : TimeSpan.Zero);
    }

    private async ValueTask<PublishReceipt> CallAsync(PublishBatch batch)
    {
        // What may have been heard is for the grain, which looks for those who know; and a trace can't be led through a call for many.
        if (_relay is { } relay && !batch.IsRepeated && Activity.Current is not { Recorded: true })
        {
            // Unless it answers it isn't asked again.
            _relay = null;
            if (await relay.PublishAsync(key, batch) is { } relayed)
            {
                _relay = relay;
                return relayed;
            }
        }

        var receipt = await grain.PublishAsync(batch);
        _relay = receipt.Silo is { } silo ? relays!.Find(silo) : null;
        return receipt;
    }
}
