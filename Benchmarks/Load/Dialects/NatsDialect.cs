using System.Text;
using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>nats-server: its protocol in binary WebSocket frames.</summary>
internal sealed class NatsDialect : Dialect
{
    protected override int Opcode => WebSocketFrames.Binary;

    protected override string GetPath(Client client) => "/";

    /// <inheritdoc/>
    public override void OnOpen(Client client, Reactor reactor)
    {
        // The server speaks first.
    }

    /// <inheritdoc/>
    public override void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor)
    {
        if (message.StartsWith("PING"u8))
        {
            Send(client, "PONG\r\n", reactor);
        }
        else if (message.StartsWith("-ERR"u8))
        {
            reactor.CountError(Encoding.UTF8.GetString(message));
        }
        else if (message.StartsWith("INFO"u8) && client.Step++ == 0)
        {
            Send(client, $"CONNECT {{\"verbose\":false,\"pedantic\":false,\"protocol\":1}}\r\nSUB {client.Role.ChannelName} 1\r\nPING\r\n", reactor);
        }
        else if (client.State == ClientState.Joining && message.IndexOf("PONG"u8) >= 0)
        {
            reactor.SetReady(client);
        }
    }

    protected override string GetPublication(string channel, string data) => $"PUB {channel} {data.Length}\r\n{data}\r\n";
}
