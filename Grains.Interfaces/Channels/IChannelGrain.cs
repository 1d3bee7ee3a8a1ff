using System.Collections.Immutable;

namespace Realtime.Channels;

/// <summary>One channel of one database: total order, bounded history, and which gateways have members.</summary>
/// <remarks>Key: <see cref="ChannelKey.Create"/>.</remarks>
[Alias("realtime.IChannelGrain")]
public interface IChannelGrain : IGrainWithStringKey
{
    /// <summary>
    /// States how many members a gateway has. The first statement above 0 subscribes its inbox; 0 unsubscribes it.
    /// A gateway has at most one such call per channel under way.
    /// </summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="members">Number of connections of that gateway in the channel.</param>
    /// <returns>The position after which every publication reaches the gateway's inbox.</returns>
    [Alias("SetMembers")]
    ValueTask<ChannelPosition> SetMembersAsync(string gateway, int members);

    /// <summary>
    /// Orders publications and sends them to the inboxes of all gateways that have members. When it returns they are
    /// accepted (protocol 1.4.4).
    /// </summary>
    /// <param name="payloads">Encoded <c>chan_out</c> messages; published next to each other, in this order.</param>
    /// <returns>The position of the last one.</returns>
    [Alias("Publish")]
    ValueTask<ChannelPosition> PublishAsync(ImmutableArray<ReadOnlyMemory<byte>> payloads);

    /// <summary>Number of connections in the channel, over all gateways.</summary>
    [Alias("CountMembers")]
    ValueTask<int> CountMembersAsync();

    /// <summary>What was published after a position, as far as the bounded history goes back.</summary>
    /// <param name="after">Where the reader stands.</param>
    /// <returns>The publications without a gap, or null if continuity can't be shown.</returns>
    [Alias("ReadHistory")]
    ValueTask<ImmutableArray<ReadOnlyMemory<byte>>?> ReadHistoryAsync(ChannelPosition after);
}
