namespace Realtime.Gateway.Connections;

/// <summary>How a client is connected (protocol 1.5).</summary>
internal enum TransportKind
{
    ServerSentEvents,
    WebSocket,
}
