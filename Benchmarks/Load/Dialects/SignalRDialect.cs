using System.Text;
using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>ASP.NET Core SignalR: its JSON protocol over WebSocket, without negotiation.</summary>
internal sealed class SignalRDialect : Dialect
{
    private const char End = '\u001e';

    protected override string GetPath(Client client) => "/hub";

    /// <inheritdoc/>
    public override void OnOpen(Client client, Reactor reactor) =>
        Send(client, $$"""{"protocol":"json","version":1}{{End}}""", reactor);

    /// <inheritdoc/>
    public override void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor)
    {
        if (client.State == ClientState.Ready || message.StartsWith("{\"type\":6}"u8))
        {
            return;
        }

        if (message.StartsWith("{}"u8))
        {
            Send(client, $$"""{"type":1,"invocationId":"1","target":"Join","arguments":["{{client.Role.ChannelName}}"]}{{End}}""", reactor);
        }
        else if (message.StartsWith("{\"type\":3"u8) && message.IndexOf("error"u8) < 0)
        {
            reactor.SetReady(client);
        }
        else
        {
            reactor.Lose(client, "answered with " + Encoding.UTF8.GetString(message));
        }
    }

    protected override string GetPublication(string channel, string data) =>
        $$"""{"type":1,"target":"Publish","arguments":["{{channel}}","{{data}}"]}{{End}}""";
}
