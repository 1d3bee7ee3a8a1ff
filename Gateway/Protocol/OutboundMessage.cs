using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Sessions;

namespace Realtime.Gateway.Protocol;

/// <summary>
/// One encoded server message, or several of one channel that came together. Its bytes are shared by all connections that
/// it goes to; where it has a sid slot, the transport writes each receiver's own sid over those 36 bytes on the way out
/// (protocol 1.3).
/// </summary>
internal sealed class OutboundMessage
{
    /// <summary>Where the sid stands in every message: after <c>{"sid":"</c>.</summary>
    public const int SidOffset = 8;

    /// <summary>Length of a sid in bytes.</summary>
    public const int SidLength = 36;

    private byte[]? _frames;
    private SharedEvents? _nearEvents;
    private SharedEvents? _farEvents;

    private OutboundMessage(ReadOnlyMemory<byte> json, bool hasSidSlot, ChannelPosition position = default)
    {
        Json = json;
        HasSidSlot = hasSidSlot;
        Position = position;
        Length = json.Length;
    }

    private OutboundMessage(ImmutableArray<OutboundMessage> parts)
    {
        Parts = parts;
        Position = parts[^1].Position;
        Length = parts.Sum(static part => part.Length);
    }

    /// <summary>The message in UTF-8, on one line; empty for several.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>The messages that came together; empty for one.</summary>
    public ImmutableArray<OutboundMessage> Parts { get; } = [];

    /// <summary>Its messages: the parts, or itself.</summary>
    public ImmutableArray<OutboundMessage> Messages => Parts.IsEmpty ? [this] : Parts;

    /// <summary>Bytes of all its messages.</summary>
    public int Length { get; }

    /// <summary>Number of messages: none for a heartbeat.</summary>
    public int Count => Parts.IsEmpty ? (Json.IsEmpty ? 0 : 1) : Parts.Length;

    /// <summary>Whether the sid is each receiver's own.</summary>
    public bool HasSidSlot { get; }

    /// <summary>Where it stands in its channel or repository; nowhere if it comes from none.</summary>
    public ChannelPosition Position { get; }

    /// <summary>Position of the first of its messages.</summary>
    public ChannelPosition First => Parts.IsEmpty ? Position : Parts[0].Position;

    /// <summary>With a heartbeat: where repositories are, everything up to there has been sent. Empty in any other message.</summary>
    public ImmutableArray<SessionMove> Settled { get; private init; } = [];

    /// <summary>Whether it is a heartbeat.</summary>
    public bool IsHeartbeat => Length == 0;

    /// <summary>Several messages as frames of a WebSocket, made once for all receivers.</summary>
    public ReadOnlySpan<byte> Frames => _frames ??= WebSocketFrame.Encode(Parts);

    /// <summary>Its messages as Server-Sent Events, made once for all receivers who began not far from there, and once for all others.</summary>
    /// <param name="isNear">Who they are for.</param>
    /// <returns>The events; null if receivers don't get the same bytes.</returns>
    public SharedEvents? EventsFor(bool isNear) =>
        HasSidSlot ? null
        : isNear ? _nearEvents ??= SharedEvents.TryCreate(Messages, isNear)
        : _farEvents ??= SharedEvents.TryCreate(Messages, isNear);

    /// <summary>A heartbeat: it has no message, and the transport decides what it looks like.</summary>
    public static OutboundMessage Heartbeat { get; } = new(default, hasSidSlot: false);

    /// <summary>A message whose bytes are the same for every receiver.</summary>
    public static OutboundMessage Fixed(ReadOnlyMemory<byte> json, ChannelPosition position = default) =>
        new(json, hasSidSlot: false, position);

    /// <summary>A message that carries its receiver's sid.</summary>
    public static OutboundMessage WithSidSlot(ReadOnlyMemory<byte> json, ChannelPosition position = default) =>
        new(json, hasSidSlot: true, position);

    /// <summary>Several messages of <see cref="Fixed"/> bytes, in order.</summary>
    public static OutboundMessage Together(ImmutableArray<OutboundMessage> messages) => messages is [var only] ? only : new(messages);

    /// <summary>A heartbeat that says where repositories are.</summary>
    public static OutboundMessage HeartbeatAt(ImmutableArray<SessionMove> settled) =>
        settled.IsEmpty ? Heartbeat : new OutboundMessage(default, hasSidSlot: false) { Settled = settled };
}
