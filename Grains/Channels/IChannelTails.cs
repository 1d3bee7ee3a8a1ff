using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>Asks the gateways what they know of a channel.</summary>
internal interface IChannelTails
{
    /// <summary>Asks all live gateways; who doesn't answer in time is left out.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="epoch">The asking grain's epoch.</param>
    /// <returns>Each gateway's id and share.</returns>
    Task<IReadOnlyDictionary<string, ChannelTail>> CollectAsync(string channelKey, long epoch);
}
