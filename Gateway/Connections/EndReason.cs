using System.Net.WebSockets;

namespace Realtime.Gateway.Connections;

/// <summary>Why a connection ends. On a WebSocket the value is the close code (protocol 1.5).</summary>
internal enum EndReason
{
    /// <summary>The client has left, or the network took it.</summary>
    ClientLeft = WebSocketCloseStatus.NormalClosure,

    /// <summary>This process is going away; come back.</summary>
    GoingAway = WebSocketCloseStatus.EndpointUnavailable,

    /// <summary>It didn't authenticate in time, or its database is gone.</summary>
    Policy = WebSocketCloseStatus.PolicyViolation,

    /// <summary>Continuity of a channel can't be shown: begin anew.</summary>
    Internal = WebSocketCloseStatus.InternalServerError,

    /// <summary>The plan's connection limit is reached.</summary>
    ConnectionLimit = 1013,

    /// <summary>It read too slowly.</summary>
    SlowReader = 4001,

    /// <summary>Its session goes on elsewhere: its client has come back on another stream.</summary>
    TakenOver = 4002,
}
