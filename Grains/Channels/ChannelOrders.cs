using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Realtime.Gateways;
using Realtime.Telemetry;

namespace Realtime.Channels;

/// <summary>The orders of all channels whose grains are active in this silo, and of those that have just ended with something in them.</summary>
internal sealed class ChannelOrders(
    ChannelEpochs epochs,
    IInboxPublisher inboxes,
    IGatewayRoster roster,
    IOptions<ChannelOptions> options,
    GrainMetrics metrics,
    TimeProvider time) : ILocalChannels
{
    // A later activation that asks for it has asked the gateways first, who take up to two seconds, and may do so several times.
    private static readonly TimeSpan Retention = TimeSpan.FromSeconds(30);

    private readonly ConcurrentDictionary<string, ChannelOrder> _orders = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ChannelOrder> _ended = new(StringComparer.Ordinal);

    /// <summary>Begins the order of a new activation.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    public ChannelOrder Begin(string channelKey) =>
        _orders[channelKey] = new ChannelOrder(channelKey, epochs.Next(), options.Value, inboxes, roster, metrics, time);

    /// <summary>Ends the order of an activation that stops.</summary>
    public void End(ChannelOrder order)
    {
        order.Close();
        _orders.TryRemove(KeyValuePair.Create(order.Key, order));
        if (!order.IsHistoryEmpty && _ended.GetValueOrDefault(order.Key) != order)
        {
            _ended[order.Key] = order;
            _ = ForgetLaterAsync(order);
        }
    }

    /// <summary>Ends the order of an earlier activation, unless it has ended, and tells what it has.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="later">The epoch of the activation that goes on with it.</param>
    /// <param name="maxBytes">Bytes of publications that are told, about.</param>
    /// <returns>The latest order here that isn't of that activation; null if there is none.</returns>
    public OrderTail? Close(string channelKey, long later, int maxBytes)
    {
        var order = _orders.TryGetValue(channelKey, out var active) && active.Epoch != later ? active : _ended.GetValueOrDefault(channelKey);
        if (order is not null)
        {
            // The next activation here goes beyond both, also if this silo's clock is behind.
            epochs.NextAfter(later);
        }

        return order?.CloseFor(later, maxBytes);
    }

    /// <inheritdoc/>
    public bool TryPublish(string channelKey, PublishBatch batch, out PublishReceipt receipt)
    {
        receipt = default;
        return _orders.TryGetValue(channelKey, out var order) && order.TryAppend(batch, out receipt);
    }

    private async Task ForgetLaterAsync(ChannelOrder order)
    {
        await Task.Delay(Retention, time);
        _ended.TryRemove(KeyValuePair.Create(order.Key, order));
    }
}
