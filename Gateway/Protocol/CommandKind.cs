namespace Realtime.Gateway.Protocol;

/// <summary>What a client asks for (protocol 1.4).</summary>
internal enum CommandKind
{
    /// <summary>Any other type, the server's own types included (protocol 1.4.5).</summary>
    Unknown = 0,
    Echo,
    Auth,
    Join,
    Leave,
    ChanIn,
    Presence,

    /// <summary>A WebSocket's first message may be one (protocol 1.9).</summary>
    Resume,
}
