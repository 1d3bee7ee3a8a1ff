using System.Collections.Immutable;
using Orleans.Concurrency;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>One channel of one database: total order, bounded history, and which gateways have members.</summary>
/// <remarks>
/// <para>Key: <see cref="ChannelKey.Create"/>.</para>
/// <para>
/// The order is in memory. When it is lost with a silo, the next activation asks all live gateways what they have
/// delivered and had accepted lately, completes the old order with it, and goes on from there: members that stay
/// connected miss nothing that was accepted.
/// </para>
/// </remarks>
[Alias("realtime.IChannelGrain")]
public interface IChannelGrain : IGrainWithStringKey
{
    /// <summary>
    /// States how many members a gateway has. The first statement above 0 subscribes its inbox; 0 unsubscribes it.
    /// A gateway has at most one such call per channel under way.
    /// </summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="members">Number of connections of that gateway in the channel.</param>
    /// <param name="served">Where its members stand; default if it has none.</param>
    /// <param name="statement">
    /// The gateway's number of this statement, rising from call to call: one below the latest was overtaken by it, and has
    /// no effect. 0 if the gateway doesn't number them.
    /// </param>
    /// <returns>Where the channel stands: every later publication reaches the gateway, by its inbox or by a receipt.</returns>
    [Repeatable, Alias("SetMembers")]
    ValueTask<ChannelStatus> SetMembersAsync(string gateway, int members, ChannelPosition served, long statement = 0);

    /// <summary>
    /// Orders publications and sends them to the inboxes of all gateways that have members, except for the one that hands them
    /// on by itself (<see cref="PublishBatch.IsHandedOn"/>). When it returns they are
    /// accepted (protocol 1.4.4), provided that the caller keeps them for a while.
    /// </summary>
    /// <param name="batch">Publications of one gateway; they stay next to each other, in this order.</param>
    [Alias("Publish")]
    ValueTask<PublishReceipt> PublishAsync(PublishBatch batch);

    /// <summary>Number of connections in the channel, over all gateways.</summary>
    [Repeatable, AlwaysInterleave, Alias("CountMembers")]
    ValueTask<int> CountMembersAsync();

    /// <summary>What was published after a position, as far as the bounded history goes back.</summary>
    /// <param name="after">Where the reader stands.</param>
    [Repeatable, Alias("ReadHistory")]
    ValueTask<ChannelHistory> ReadHistoryAsync(ChannelPosition after);
}

/// <summary>Where a channel stands.</summary>
/// <param name="Epoch">Its epoch now. Publications of another one aren't to be believed without asking.</param>
/// <param name="Position">Position of the last publication; of an earlier epoch if there was none in this one.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelStatus")]
public readonly record struct ChannelStatus(long Epoch, ChannelPosition Position);

/// <summary>Publications of one gateway.</summary>
/// <param name="Publisher">Id of the gateway.</param>
/// <param name="Sequence">
/// The gateway's number of the first; the others follow by one. They rise from call to call, so that a repeated call is
/// noticed. A gateway has at most one call per channel under way.
/// </param>
/// <param name="Payloads">Encoded <c>chan_out</c> messages.</param>
/// <param name="IsRepeated">Whether an earlier call may have been heard.</param>
/// <param name="KnownEpoch">Epoch of the channel when the gateway last published to it; 0 if it doesn't remember.</param>
[GenerateSerializer, Immutable, Alias("realtime.PublishBatch")]
public sealed record PublishBatch(
    string Publisher, long Sequence, ImmutableArray<ReadOnlyMemory<byte>> Payloads, bool IsRepeated, long KnownEpoch)
{
    /// <summary>
    /// Whether the gateway hands the publications to its own members by the receipt, and looks for what it may have missed if
    /// none comes. They needn't come with its inbox then.
    /// </summary>
    [Id(0)]
    public bool IsHandedOn { get; init; }
}

/// <summary>Says that publications are accepted, and where.</summary>
/// <param name="Epoch">The channel's epoch.</param>
/// <param name="Previous">Position of the publication before <paramref name="First"/>.</param>
/// <param name="First">Position of the first one that this call ordered.</param>
/// <param name="Skipped">How many, from the first on, an earlier call had ordered.</param>
[GenerateSerializer, Immutable, Alias("realtime.PublishReceipt")]
public readonly record struct PublishReceipt(long Epoch, ChannelPosition Previous, ChannelPosition First, int Skipped)
{
    /// <summary>The silo that has ordered them, whose <see cref="IChannelRelayGrain"/> may be asked next time; null if it may not.</summary>
    [Id(0)]
    public SiloAddress? Silo { get; init; }

    /// <summary>What this call ordered, to be kept once in a process that is silo and gateway; null if the answer crossed to another.</summary>
    [field: NonSerialized]
    public ChannelPublications? Ordered { get; init; }
}

/// <summary>The answer to a reader of the history.</summary>
/// <param name="Epoch">The channel's epoch.</param>
/// <param name="Publications">What follows the reader's position without a gap; null if continuity can't be shown.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelHistory")]
public readonly record struct ChannelHistory(long Epoch, ImmutableArray<ChannelPublications>? Publications);
