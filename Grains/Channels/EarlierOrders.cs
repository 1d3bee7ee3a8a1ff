using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>
/// Finds the order of an earlier activation that lives, or has stopped lately without its silo: for a moment a channel may have
/// two. What it tells is all that it has accepted, so that nobody else needs to be heard. Not soon after a silo was lost, or came,
/// and not while one doesn't answer: then there may be another one.
/// </summary>
internal sealed partial class EarlierOrders(
    IGrainFactory grains, IClusterMembershipService membership, ISiloLosses losses, TimeProvider time, ILogger<EarlierOrders> logger)
{
    // Callers have waited for gateways before, and silos that can't be reached say nothing.
    private static readonly TimeSpan Bound = TimeSpan.FromMilliseconds(500);

    /// <summary>Ends the order and tells what it has.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="epoch">The asking activation's epoch.</param>
    /// <param name="known">Epochs before it that anybody knows of.</param>
    /// <param name="maxBytes">Bytes of publications that are told, about.</param>
    /// <returns>
    /// Null if there is none that is certainly the latest before the asking one: a silo didn't answer, or one was lost lately that
    /// may have held a later one, or it doesn't know what was before it.
    /// </returns>
    public async Task<OrderTail?> FindAsync(string channelKey, long epoch, IReadOnlyCollection<long> known, int maxBytes)
    {
        if (losses.IsRecent)
        {
            return null;
        }

        // Others have no activations yet, or those that stop have been noted as losses.
        var silos = membership.CurrentSnapshot.Members.Where(static member => member.Value.Status == SiloStatus.Active);
        var answers = Task.WhenAll(silos.Select(silo => AskAsync(silo.Key, channelKey, epoch, maxBytes)));
        answers.Ignore();
        try
        {
            var orders = (await answers.WaitAsync(Bound, time)).OfType<OrderTail>().ToList();
            var latest = orders.MaxBy(static order => order.Epoch);
            return latest?.Tail is not null && !losses.IsRecent && IsLatest(latest, orders, known) ? latest : null;
        }
        catch (Exception exception)
        {
            LogNoAnswer(logger, exception, channelKey);
            return null;
        }
    }

    private static bool IsLatest(OrderTail order, List<OrderTail> orders, IReadOnlyCollection<long> known) => order.IsContinued
        ? known.All(epoch => epoch <= order.Epoch)
        : orders.Count == 1 && known.All(epoch => epoch == order.Epoch);

    private Task<OrderTail?> AskAsync(SiloAddress silo, string channelKey, long epoch, int maxBytes) =>
        grains.GetGrain<IChannelRelayGrain>(ChannelRelayKey.Create(silo, nameof(EarlierOrders))).CloseAsync(channelKey, epoch, maxBytes).AsTask();

    [LoggerMessage(LogLevel.Warning, "Channel {Channel}: not all silos have told whether they have an earlier order of it.")]
    private static partial void LogNoAnswer(ILogger logger, Exception exception, string channel);
}
