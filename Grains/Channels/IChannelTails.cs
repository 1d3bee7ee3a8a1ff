using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>Asks the gateways what they know of a channel.</summary>
internal interface IChannelTails
{
    /// <summary>Asks all live gateways, and those whose lease has run out lately, for two seconds at most.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="epoch">The asking grain's epoch.</param>
    /// <param name="maxBytes">Bytes of publications that each may answer, about.</param>
    /// <returns>Each gateway's id and share; null for a live one that didn't answer.</returns>
    Task<IReadOnlyDictionary<string, ChannelTail?>> CollectAsync(string channelKey, long epoch, int maxBytes);
}
