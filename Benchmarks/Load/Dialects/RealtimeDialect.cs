using System.Text;
using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>This backend over WebSocket (protocol 1.4), and the raw fan-out, which speaks a part of the same.</summary>
/// <param name="authenticates">Whether a session token is sent first.</param>
internal sealed class RealtimeDialect(bool authenticates) : Dialect
{
    // After {"sid":"…","type":"
    private const int TypeOffset = 54;

    protected override string GetPath(Client client) => "/ws";

    /// <inheritdoc/>
    public override void OnOpen(Client client, Reactor reactor)
    {
        // The server speaks first.
    }

    /// <inheritdoc/>
    public override void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor)
    {
        var type = message.Length > TypeOffset ? message[TypeOffset..] : default;
        if (client.State == ClientState.Ready)
        {
            if (type.StartsWith("error\""u8))
            {
                reactor.CountError(Encoding.UTF8.GetString(message));
            }
        }
        else if (type.StartsWith("init\""u8) && authenticates)
        {
            Send(client, $$"""{"type":"auth","data":"{{client.Role.Credential}}"}""", reactor);
        }
        else if (type.StartsWith("init\""u8) || type.StartsWith("token\""u8))
        {
            if (client.Role.IsMember)
            {
                Send(client, $$"""{"type":"join","data":"{{client.Role.ChannelName}}"}""", reactor);
            }
            else
            {
                reactor.SetReady(client);
            }
        }
        else if (type.StartsWith("joined\""u8))
        {
            reactor.SetReady(client);
        }
        else
        {
            reactor.Lose(client, "answered with " + Encoding.UTF8.GetString(message));
        }
    }

    protected override string GetPublication(string channel, string data) =>
        $$"""{"type":"chan_in","data":"{{data}}","channel":"{{channel}}"}""";
}
