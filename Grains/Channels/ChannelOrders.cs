using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Realtime.Gateways;
using Realtime.Telemetry;

namespace Realtime.Channels;

/// <summary>The orders of all channels whose grains are active in this silo.</summary>
internal sealed class ChannelOrders(
    ChannelEpochs epochs,
    IInboxPublisher inboxes,
    IGatewayRoster roster,
    IOptions<ChannelOptions> options,
    GrainMetrics metrics,
    TimeProvider time) : ILocalChannels
{
    private readonly ConcurrentDictionary<string, ChannelOrder> _orders = new(StringComparer.Ordinal);

    /// <summary>Begins the order of a new activation.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    public ChannelOrder Begin(string channelKey) =>
        _orders[channelKey] = new ChannelOrder(channelKey, epochs.Next(), options.Value, inboxes, roster, metrics, time);

    /// <summary>Ends the order of an activation that stops.</summary>
    public void End(ChannelOrder order)
    {
        order.SetGateways([]);
        _orders.TryRemove(KeyValuePair.Create(order.Key, order));
    }

    /// <inheritdoc/>
    public bool TryPublish(string channelKey, PublishBatch batch, out PublishReceipt receipt)
    {
        receipt = default;
        return _orders.TryGetValue(channelKey, out var order) && order.TryAppend(batch, out receipt);
    }
}
