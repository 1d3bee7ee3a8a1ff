using System.Collections.Immutable;
using Realtime.Channels;

namespace Realtime.Sessions;

/// <summary>What changed in a session since the update before.</summary>
/// <param name="Number">1, 2, 3 …; updates are taken in this order, each once.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionUpdate")]
public sealed record SessionUpdate(long Number)
{
    /// <summary>Everything there is, in place of the differences below; its <see cref="SessionRecord.Update"/> is <see cref="Number"/>.</summary>
    [Id(0)]
    public SessionRecord? Whole { get; init; }

    /// <summary>The user, if that changed.</summary>
    [Id(1)]
    public CallerIdentity? Identity { get; init; }

    /// <summary>With <see cref="Identity"/>: when its token expires.</summary>
    [Id(2)]
    public DateTimeOffset TokenExpiresAt { get; init; }

    /// <summary>New memberships.</summary>
    [Id(3)]
    public ImmutableArray<SessionMembership> Joined { get; init; } = [];

    /// <summary>Slots of memberships that have ended.</summary>
    [Id(4)]
    public ImmutableArray<int> Left { get; init; } = [];

    /// <summary>Number of a new checkpoint; 0 if there is none.</summary>
    [Id(5)]
    public long Checkpoint { get; init; }

    /// <summary>With <see cref="Checkpoint"/>: what the client had got then, where that differs from the one before.</summary>
    [Id(6)]
    public ImmutableArray<SessionMove> Moved { get; init; } = [];

    /// <summary>New silences.</summary>
    [Id(7)]
    public ImmutableArray<SessionQuietSlot> Quiet { get; init; } = [];

    /// <summary>New direct replies, encoded.</summary>
    [Id(8)]
    public ImmutableArray<ReadOnlyMemory<byte>> Replies { get; init; } = [];

    /// <summary>Repositories whose user got or lost role 100; default if the sender doesn't know of it.</summary>
    [Id(9)]
    public ImmutableArray<SessionPromotion> Promotions { get; init; } = [];
}

/// <summary>How far a client has got in one of its channels.</summary>
/// <param name="Slot">The membership.</param>
/// <param name="Position">Position of the last message.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionMove")]
public readonly record struct SessionMove(int Slot, ChannelPosition Position);

/// <summary>A stretch in which there was nothing for a session in one of its repositories.</summary>
/// <param name="Slot">The membership.</param>
/// <param name="Silence">The stretch.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionQuietSlot")]
public readonly record struct SessionQuietSlot(int Slot, SessionSilence Silence);

/// <summary>Where in one of its repositories a session's user got or lost role 100.</summary>
/// <param name="Slot">The membership.</param>
/// <param name="Position">From here on it is told of all documents, or only of those that it may read.</param>
/// <param name="IsToAll">Whether it got the role.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionPromotion")]
public readonly record struct SessionPromotion(int Slot, ChannelPosition Position, bool IsToAll);

/// <summary>What a session's grain says to a gateway that states something of it.</summary>
[GenerateSerializer, Alias("realtime.SaveOutcome")]
public enum SaveOutcome
{
    /// <summary>It is kept.</summary>
    Saved = 0,

    /// <summary>Something before it is missing: state the whole session.</summary>
    NeedsWhole = 1,

    /// <summary>Another gateway has taken the session over; this one's stream ends.</summary>
    NotHolder = 2,
}
