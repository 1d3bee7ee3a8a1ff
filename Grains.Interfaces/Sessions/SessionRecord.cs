using System.Collections.Immutable;
using Realtime.Channels;

namespace Realtime.Sessions;

/// <summary>
/// All that a gateway needs to go on with a session whose stream ended somewhere else (protocol 1.9). It holds no token
/// and no secret: who presents the secret that the sid was made from has proven that the session is its own.
/// </summary>
/// <param name="Generation">Rises each time another gateway takes the session over; the highest one holds it.</param>
/// <param name="Update">Number of the last <see cref="SessionUpdate"/> that is in it.</param>
/// <param name="TenantId">The tenant whose slot a live stream takes.</param>
/// <param name="Identity">The user, with the database.</param>
/// <param name="TokenExpiresAt">When the session token that it is bound by expires.</param>
/// <param name="Checkpoint">The latest checkpoint; ids name the one that they differ from.</param>
/// <param name="OldestCheckpoint">The earliest that an id may name.</param>
/// <param name="Memberships">Its channels.</param>
/// <param name="FirstReply">Number of the first of <paramref name="Replies"/>.</param>
/// <param name="Replies">The latest direct replies, encoded; the client may not have got them.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionRecord")]
public sealed record SessionRecord(
    long Generation,
    long Update,
    string TenantId,
    CallerIdentity Identity,
    DateTimeOffset TokenExpiresAt,
    long Checkpoint,
    long OldestCheckpoint,
    ImmutableArray<SessionMembership> Memberships,
    long FirstReply,
    ImmutableArray<ReadOnlyMemory<byte>> Replies)
{
    /// <summary>
    /// Whether the connection slot of its stream, which was still open, waits for whoever has taken the session over: to be
    /// claimed at once, without being asked for.
    /// </summary>
    [Id(0)]
    public bool HandsOverSlot { get; init; }

    /// <summary>Number of the last reply; 0 before the first.</summary>
    public long LastReply => FirstReply + Replies.Length - 1;

    /// <summary>Bytes of memory that it holds, about.</summary>
    public long SizeInBytes =>
        Memberships.Sum(static membership => 200L + (membership.Positions.Length * 24L)) + Replies.Sum(static reply => reply.Length + 32L);
}

/// <summary>A channel that a session is a member of.</summary>
/// <param name="Slot">The session's number of the membership. It is never used again.</param>
/// <param name="Name">Name of the channel.</param>
/// <param name="Positions">
/// How far the client had got at each checkpoint at which that had changed, in order; the first is where the membership
/// began.
/// </param>
[GenerateSerializer, Immutable, Alias("realtime.SessionMembership")]
public sealed record SessionMembership(int Slot, string Name, ImmutableArray<SessionPosition> Positions)
{
    /// <summary>Stretches of a repository in which there was nothing for this session, the latest last.</summary>
    [Id(0)]
    public ImmutableArray<SessionSilence> Silences { get; init; } = [];

    /// <summary>Position of a repository at which its user got role 100, and was told of all documents from then on.</summary>
    [Id(1)]
    public ChannelPosition AllFrom { get; init; }

    /// <summary>Position at which its user lost role 100.</summary>
    [Id(2)]
    public ChannelPosition AllUpTo { get; init; }

    /// <summary>Where an id that differs from a checkpoint begins to count.</summary>
    /// <param name="checkpoint">The checkpoint.</param>
    public ChannelPosition At(long checkpoint)
    {
        var position = Positions[0].Position;
        foreach (var later in Positions)
        {
            if (later.Checkpoint > checkpoint)
            {
                break;
            }

            position = later.Position;
        }

        return position;
    }

    /// <summary>A position that says the same of this session, but isn't as old.</summary>
    /// <param name="position">What the client has got.</param>
    public ChannelPosition SkipSilence(ChannelPosition position)
    {
        foreach (var silence in Silences)
        {
            if (position >= silence.From && position < silence.UpTo)
            {
                position = silence.UpTo;
            }
        }

        return position;
    }
}

/// <summary>How far a client had got in a channel at a checkpoint. A repository's position has the epoch 0.</summary>
/// <param name="Checkpoint">Number of the checkpoint.</param>
/// <param name="Position">Position of the last message.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionPosition")]
public readonly record struct SessionPosition(long Checkpoint, ChannelPosition Position);

/// <summary>A stretch of a repository without events for a session.</summary>
/// <param name="From">Position of the last event that the session was sent.</param>
/// <param name="UpTo">Who has got that has everything up to here.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionSilence")]
public readonly record struct SessionSilence(ChannelPosition From, ChannelPosition UpTo);
