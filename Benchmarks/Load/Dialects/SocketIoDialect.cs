using System.Text;
using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>Socket.IO over WebSocket (Engine.IO 4), without polling first.</summary>
internal sealed class SocketIoDialect : Dialect
{
    protected override string GetPath(Client client) => "/socket.io/?EIO=4&transport=websocket";

    /// <inheritdoc/>
    public override void OnOpen(Client client, Reactor reactor)
    {
        // The server speaks first.
    }

    /// <inheritdoc/>
    public override void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor)
    {
        if (message.SequenceEqual("2"u8))
        {
            Send(client, "3", reactor);
        }
        else if (client.State == ClientState.Ready)
        {
            // Something else that isn't a delivery.
        }
        else if (message.StartsWith("0{"u8))
        {
            Send(client, "40", reactor);
        }
        else if (message.StartsWith("40"u8))
        {
            Send(client, $"420[\"join\",\"{client.Role.ChannelName}\"]", reactor);
        }
        else if (message.StartsWith("430"u8))
        {
            reactor.SetReady(client);
        }
        else
        {
            reactor.Lose(client, "answered with " + Encoding.UTF8.GetString(message));
        }
    }

    protected override string GetPublication(string channel, string data) => $"42[\"publish\",\"{channel}\",\"{data}\"]";
}
