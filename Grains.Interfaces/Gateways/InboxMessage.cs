using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Documents;

namespace Realtime.Gateways;

/// <summary>
/// One message of a gateway's inbox stream. Each silo numbers what it sends to an inbox, so that a gateway notices
/// what a bounded queue had to drop and resynchronises.
/// </summary>
/// <param name="Silo">The sending silo's numbering of this inbox, unique per process start and per beginning at 1.</param>
/// <param name="Sequence">1, 2, 3 … per silo and inbox.</param>
/// <param name="Event">What happened.</param>
[GenerateSerializer, Immutable, Alias("realtime.InboxMessage")]
public sealed record InboxMessage(string Silo, long Sequence, InboxEvent Event)
{
    /// <summary>When it was put into the inbox, by the silo's clock; the default value if that silo doesn't say.</summary>
    [Id(0)]
    public DateTimeOffset SentAt { get; init; }

    /// <summary>W3C <c>traceparent</c> of the call that led to it; null, as nearly always, if that isn't traced.</summary>
    [Id(1)]
    public string? TraceParent { get; init; }

    /// <summary>Bytes of memory that the message holds, about; queues are bounded by it.</summary>
    public int SizeInBytes => Event.SizeInBytes;
}

/// <summary>What a silo tells a gateway.</summary>
[GenerateSerializer, Immutable, Alias("realtime.InboxEvent")]
public abstract record InboxEvent
{
    /// <summary>Charged for an event beside its payload.</summary>
    protected const int Overhead = 128;

    /// <summary>Bytes of memory that the event holds, about.</summary>
    public abstract int SizeInBytes { get; }
}

/// <summary>Publications of one channel that one gateway published together.</summary>
/// <param name="ChannelKey">Grain key of the channel, see <see cref="Channels.ChannelKey"/>.</param>
/// <param name="Previous">Position of the publication before the first; who stands there misses nothing.</param>
/// <param name="First">Position of the first publication; the others follow by one.</param>
/// <param name="Publisher">Id of the gateway that published them.</param>
/// <param name="Sequence">That gateway's number of the first, see <see cref="PublishBatch"/>.</param>
/// <param name="Payloads">The encoded <c>chan_out</c> messages, in order.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelPublications")]
public sealed record ChannelPublications(
    string ChannelKey,
    ChannelPosition Previous,
    ChannelPosition First,
    string Publisher,
    long Sequence,
    ImmutableArray<ReadOnlyMemory<byte>> Payloads) : InboxEvent
{
    /// <inheritdoc/>
    public override int SizeInBytes
    {
        get
        {
            var size = Overhead;
            foreach (var payload in Payloads)
            {
                size += payload.Length;
            }

            return size;
        }
    }

    /// <summary>Position of the last publication.</summary>
    public ChannelPosition Last => First with { Offset = First.Offset + Payloads.Length - 1 };

    /// <summary>The publisher's number of the last publication.</summary>
    public long LastSequence => Sequence + Payloads.Length - 1;

    /// <summary>The publications from one of them on.</summary>
    /// <param name="count">How many to leave out at the beginning; fewer than there are.</param>
    public ChannelPublications Skip(int count) => count == 0 ? this : this with
    {
        Previous = First with { Offset = First.Offset + count - 1 },
        First = First with { Offset = First.Offset + count },
        Sequence = Sequence + count,
        Payloads = Payloads[count..],
    };
}

/// <summary>
/// A channel's grain stops in order, for example with its silo. The gateway states its members again, and its statement
/// starts the channel elsewhere.
/// </summary>
/// <param name="ChannelKey">Grain key of the channel.</param>
[GenerateSerializer, Immutable, Alias("realtime.ChannelStopped")]
public sealed record ChannelStopped(string ChannelKey) : InboxEvent
{
    /// <inheritdoc/>
    public override int SizeInBytes => Overhead;
}

/// <summary>A silo is lost. Every other silo says so; grains that it held know nothing of this gateway any more.</summary>
/// <param name="Silo">Address of the lost silo, unique per process start.</param>
[GenerateSerializer, Immutable, Alias("realtime.SiloLost")]
public sealed record SiloLost(string Silo) : InboxEvent
{
    /// <inheritdoc/>
    public override int SizeInBytes => Overhead;
}

/// <summary>
/// What happened in a repository between two positions, as far as members of the gateway may know of it. The events of a
/// gateway follow on each other: each begins where the one before ended.
/// </summary>
/// <param name="RepositoryKey">Grain key of the repository, see <see cref="Documents.RepositoryKey"/>.</param>
/// <param name="Changes">The changes in the order of their writes; none if the event only tells the position.</param>
/// <param name="After">The gateway needs everything up to this position first; it reads what it hasn't got.</param>
/// <param name="UpTo">Position up to which the gateway then has everything.</param>
/// <param name="IsIntroduction">
/// Whether the grain has been started and doesn't know of members at the gateway, or stops: the gateway states them, if it has any.
/// There are no changes in it, whoever may know of them: the gateway reads them, as <paramref name="After"/> is where it ends.
/// </param>
/// <param name="Activation">
/// The grain's activation. One that isn't the one that answered the gateway's last statement may not know of all its
/// audiences: then the gateway reads the changes.
/// </param>
[GenerateSerializer, Immutable, Alias("realtime.DocumentChanges")]
public sealed record DocumentChanges(
    string RepositoryKey,
    ImmutableArray<DocumentChange> Changes,
    long After,
    long UpTo,
    bool IsIntroduction = false,
    Guid Activation = default) : InboxEvent
{
    /// <inheritdoc/>
    public override int SizeInBytes => Overhead + Changes.Sum(static change => change.Json.Length);
}

/// <summary>Says that the silo and the way to the inbox are alive. Sent about once a second.</summary>
[GenerateSerializer, Immutable, Alias("realtime.InboxBeat")]
public sealed record InboxBeat : InboxEvent
{
    /// <inheritdoc/>
    public override int SizeInBytes => Overhead;
}
