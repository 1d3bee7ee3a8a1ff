using System.Collections.Immutable;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>
/// Takes one gateway's publications to channels whose grains are active in one silo, many with a call. It keeps nothing.
/// </summary>
/// <remarks>
/// Key: <see cref="ChannelRelayKey"/>. A call costs a gateway and a silo several turns of their thread pools each, which is most of what
/// a lone publication costs them.
/// </remarks>
[Alias("realtime.IChannelRelayGrain")]
public interface IChannelRelayGrain : IGrainWithStringKey
{
    /// <summary>Publishes to each channel like <see cref="IChannelGrain.PublishAsync"/>.</summary>
    /// <param name="batches">Publications of one gateway, one batch for each channel at most.</param>
    /// <returns>What became of each; null where the channel's grain has to be asked, and nothing has happened.</returns>
    [Alias("Publish")]
    ValueTask<ImmutableArray<PublishReceipt?>> PublishAsync(ImmutableArray<ChannelBatch> batches);

    /// <summary>
    /// Ends the order that an earlier activation of a channel makes in this silo, or has made there lately, and tells what a
    /// later one needs to go on with it.
    /// </summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="later">Epoch of the later activation.</param>
    /// <param name="maxBytes">Bytes of publications that are told, about.</param>
    /// <returns>The order; null if there is none in this silo: nothing was published in it, and no other was continued.</returns>
    /// <exception cref="TemporarilyUnavailableException">The relay isn't in the silo that its key names.</exception>
    [Alias("Close")]
    ValueTask<OrderTail?> CloseAsync(string channelKey, long later, int maxBytes);
}

/// <summary>What an activation of a channel tells of the order that it has made.</summary>
/// <param name="Epoch">Its epoch.</param>
/// <param name="IsContinued">Whether it has continued the order of the epochs before its own. Otherwise it knows nothing of them, if there were any.</param>
/// <param name="Tail">The latest of it, like what a gateway without members would tell; null if the order hasn't ended, as it isn't an earlier one.</param>
[GenerateSerializer, Immutable, Alias("realtime.OrderTail")]
public sealed record OrderTail(long Epoch, bool IsContinued, ChannelTail? Tail);

/// <summary>Publications to one channel.</summary>
/// <param name="ChannelKey">Grain key of the channel.</param>
/// <param name="Batch">The publications.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelBatch")]
public readonly record struct ChannelBatch(string ChannelKey, PublishBatch Batch);

/// <summary>Keys of <see cref="IChannelRelayGrain"/>: the silo in which it runs, and the gateway that calls it.</summary>
public static class ChannelRelayKey
{
    private const char Separator = '/';

    /// <summary>The key of a gateway's relay in a silo.</summary>
    /// <param name="silo">The silo.</param>
    /// <param name="gateway">Id of the gateway.</param>
    public static string Create(SiloAddress silo, string gateway)
    {
        ArgumentNullException.ThrowIfNull(silo);
        return $"{silo.ToParsableString()}{Separator}{gateway}";
    }

    /// <summary>The silo in which a relay runs; null if the key names none.</summary>
    /// <param name="key">The key.</param>
    public static SiloAddress? SiloOf(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var end = key.IndexOf(Separator, StringComparison.Ordinal);
        try
        {
            return end < 0 ? null : SiloAddress.FromParsableString(key[..end]);
        }
        catch (FormatException)
        {
            return null;
        }
    }
}
