namespace Realtime.Gateway.Protocol;

/// <summary>
/// A decoded client message (protocol 1.2). Its parts are the JSON string tokens as they were received, quotes included,
/// so that what isn't looked at can be forwarded without a change; empty where a member was absent or null.
/// </summary>
/// <remarks>Points into the buffer that was decoded, and is valid only as long as that is.</remarks>
internal readonly record struct ClientMessage(
    CommandKind Kind,
    ReadOnlyMemory<byte> Sid,
    ReadOnlyMemory<byte> Type,
    ReadOnlyMemory<byte> Data,
    ReadOnlyMemory<byte> Channel,
    ReadOnlyMemory<byte> Token);
