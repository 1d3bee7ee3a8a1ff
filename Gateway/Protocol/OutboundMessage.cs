using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Sessions;

namespace Realtime.Gateway.Protocol;

/// <summary>
/// One encoded server message. Its bytes are shared by all connections that it goes to; where it has a sid slot, the
/// transport writes each receiver's own sid over those 36 bytes on the way out (protocol 1.3).
/// </summary>
internal sealed class OutboundMessage
{
    /// <summary>Where the sid stands in every message: after <c>{"sid":"</c>.</summary>
    public const int SidOffset = 8;

    /// <summary>Length of a sid in bytes.</summary>
    public const int SidLength = 36;

    private OutboundMessage(ReadOnlyMemory<byte> json, bool hasSidSlot, ChannelPosition position = default)
    {
        Json = json;
        HasSidSlot = hasSidSlot;
        Position = position;
    }

    /// <summary>The message in UTF-8, on one line.</summary>
    public ReadOnlyMemory<byte> Json { get; }

    /// <summary>Whether the sid is each receiver's own.</summary>
    public bool HasSidSlot { get; }

    /// <summary>Where it stands in its channel or repository; nowhere if it comes from none.</summary>
    public ChannelPosition Position { get; }

    /// <summary>With a heartbeat: where repositories are, everything up to there has been sent. Empty in any other message.</summary>
    public ImmutableArray<SessionMove> Settled { get; private init; } = [];

    /// <summary>Whether it is a heartbeat.</summary>
    public bool IsHeartbeat => Json.IsEmpty;

    /// <summary>A heartbeat: it has no message, and the transport decides what it looks like.</summary>
    public static OutboundMessage Heartbeat { get; } = new(default, hasSidSlot: false);

    /// <summary>A message whose bytes are the same for every receiver.</summary>
    public static OutboundMessage Fixed(ReadOnlyMemory<byte> json, ChannelPosition position = default) =>
        new(json, hasSidSlot: false, position);

    /// <summary>A message that carries its receiver's sid.</summary>
    public static OutboundMessage WithSidSlot(ReadOnlyMemory<byte> json, ChannelPosition position = default) =>
        new(json, hasSidSlot: true, position);

    /// <summary>A heartbeat that says where repositories are.</summary>
    public static OutboundMessage HeartbeatAt(ImmutableArray<SessionMove> settled) =>
        settled.IsEmpty ? Heartbeat : new OutboundMessage(default, hasSidSlot: false) { Settled = settled };
}
