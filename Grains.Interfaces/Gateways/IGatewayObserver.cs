using System.Collections.Immutable;
using Orleans.Concurrency;
using Realtime.Channels;
using Realtime.Sessions;

namespace Realtime.Gateways;

/// <summary>What the cluster may ask of one gateway process directly, beside its inbox stream.</summary>
[Alias("realtime.IGatewayObserver")]
public interface IGatewayObserver : IGrainObserver
{
    /// <summary>Runs a command on a connection of this gateway, for a POST that arrived elsewhere.</summary>
    /// <param name="connection">The sid.</param>
    /// <param name="post">The command and the proof that its sender may use the connection.</param>
    /// <remarks>It may wait for a session that is on its way there, and calls of an observer wait for each other otherwise.</remarks>
    [AlwaysInterleave, Alias("Post")]
    Task<PostOutcome> PostAsync(Guid connection, SessionPost post);

    /// <summary>Sends a reply to a session of this gateway, for a gateway that has given it away since it took the command.</summary>
    /// <param name="sid">The sid.</param>
    /// <param name="reply">The reply, encoded.</param>
    /// <returns>False if this gateway doesn't hold the session.</returns>
    [AlwaysInterleave, Alias("Reply")]
    Task<bool> ReplyAsync(Guid sid, ReadOnlyMemory<byte> reply);

    /// <summary>A user was removed or changed: its live connections must look at it again, within a second.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="userId">The user.</param>
    [Alias("IdentityChanged")]
    Task IdentityChangedAsync(string database, string userId);

    /// <summary>A database ceased to exist: its connections end.</summary>
    /// <param name="database">Public key.</param>
    [Alias("DatabaseRemoved")]
    Task DatabaseRemovedAsync(string database);

    /// <summary>
    /// How many connection slots of a tenant this gateway holds, asked by a quota grain that has lost its memory. Slots
    /// that a call under way asks for count too: the lost grain may have granted them.
    /// </summary>
    /// <param name="tenantId">The tenant.</param>
    /// <exception cref="TemporarilyUnavailableException">Some are being handed over, and would count twice.</exception>
    [Alias("CountSlots")]
    Task<int> CountSlotsAsync(string tenantId);

    /// <summary>
    /// What this gateway knows of a channel, asked by a grain that continues an order lost with its silo. From now on the
    /// gateway believes no earlier epoch: neither its publications nor its receipts.
    /// </summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="epoch">
    /// Epoch of the asking grain; 0 if it only wants to know the number of members: then nothing is believed or remembered otherwise
    /// than before, and the answer holds nothing else.
    /// </param>
    /// <param name="maxBytes">Bytes of publications that the answer may hold, about; the latest are the ones that count.</param>
    [Alias("CollectTail")]
    Task<ChannelTail> CollectTailAsync(string channelKey, long epoch, int maxBytes);

    /// <summary>
    /// Gives a session away, because its client has come back at another gateway (protocol 1.9): a stream of it that is
    /// still open ends, commands that are under way are finished first. The asker waits a second; a gateway that was
    /// frozen gets the call later all the same, so that its stream ends.
    /// </summary>
    /// <param name="sid">The sid.</param>
    /// <returns>The session; null if this gateway doesn't hold it, or it can't be gone on with.</returns>
    [AlwaysInterleave, ResponseTimeout("00:01:00"), Alias("ReleaseSession")]
    Task<SessionRecord?> ReleaseSessionAsync(Guid sid);

    /// <summary>Holds a session that has no stream, after the gateway that held it was lost.</summary>
    /// <param name="sid">The sid.</param>
    /// <param name="record">The session, of a new generation.</param>
    /// <returns>False if this gateway takes no more of that tenant.</returns>
    [Alias("AdoptSession")]
    Task<bool> AdoptSessionAsync(Guid sid, SessionRecord record);

    /// <summary>
    /// Whether this gateway holds a session, with or without a stream; asked by a grain that hasn't heard of it for long, as its
    /// farewell may have been lost.
    /// </summary>
    /// <param name="sid">The sid.</param>
    /// <param name="generation">What the grain knows; a session of an earlier one isn't held any more.</param>
    [AlwaysInterleave, Alias("HoldsSession")]
    Task<bool> HoldsSessionAsync(Guid sid, long generation);
}

/// <summary>A gateway's share of a channel's recent past.</summary>
/// <param name="Members">Number of its members.</param>
/// <param name="Served">Where they stand; default if there are none.</param>
/// <param name="Recent">What it has delivered, or had accepted, lately; in no particular order.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelTail")]
public sealed record ChannelTail(int Members, ChannelPosition Served, ImmutableArray<ChannelPublications> Recent)
{
    /// <summary>Whether older ones are kept that didn't fit.</summary>
    [Id(0)]
    public bool IsCut { get; init; }

    /// <summary>Latest epoch of the channel that the gateway knows; 0 if it doesn't say.</summary>
    [Id(1)]
    public long Epoch { get; init; }

    /// <summary>
    /// Position of the latest publication that the gateway had, and that is not in <see cref="Recent"/> for want of room;
    /// default if there is none. What is forgotten because of its age isn't counted.
    /// </summary>
    [Id(2)]
    public ChannelPosition LacksUpTo { get; init; }

    /// <summary>Numbers of all publications that the gateway has or lacks; default if it doesn't say.</summary>
    [Id(3)]
    public ImmutableArray<PublisherNumber> Numbers { get; init; }
}

/// <summary>How far a channel knows the publications of a gateway, see <see cref="PublishBatch"/>.</summary>
/// <param name="Publisher">Id of the gateway.</param>
/// <param name="Sequence">Its number of the latest.</param>
[GenerateSerializer, Immutable, Alias("realtime.PublisherNumber")]
public readonly record struct PublisherNumber(string Publisher, long Sequence);
