using System.Text;
using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>How one kind of server is joined and published to.</summary>
internal abstract class Dialect
{
    /// <summary>What messages come in.</summary>
    public virtual StreamKind Kind => StreamKind.WebSocket;

    /// <summary>The frames' opcode.</summary>
    protected virtual int Opcode => WebSocketFrames.Text;

    /// <summary>Which subprotocol is asked for, if any.</summary>
    protected virtual string? Subprotocol => null;

    /// <summary>Path and query of the connection.</summary>
    protected abstract string GetPath(Client client);

    /// <summary>What a client sends as soon as its stream is open.</summary>
    public abstract void OnOpen(Client client, Reactor reactor);

    /// <summary>A message that isn't a delivery.</summary>
    public abstract void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor);

    /// <summary>The text that publishes data to a channel.</summary>
    protected abstract string GetPublication(string channel, string data);

    /// <summary>The request that opens the stream.</summary>
    public byte[] GetRequest(Client client)
    {
        var request = new StringBuilder($"GET {GetPath(client)} HTTP/1.1\r\nHost: {client.Role.Address.Authority}\r\n");
        if (Kind == StreamKind.WebSocket)
        {
            request.Append("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n");
            if (Subprotocol is not null)
            {
                request.Append("Sec-WebSocket-Protocol: ").Append(Subprotocol).Append("\r\n");
            }
        }
        else
        {
            request.Append("Accept: text/event-stream\r\n");
        }

        return Encoding.ASCII.GetBytes(request.Append("\r\n").ToString());
    }

    /// <summary>What a publisher sends.</summary>
    /// <param name="role">The publisher.</param>
    /// <param name="bytes">Length of the data, at least that of a marker.</param>
    public virtual Publication Prepare(ClientRole role, int bytes)
    {
        var frame = WebSocketFrames.Write(Opcode, Encoding.UTF8.GetBytes(GetPublication(role.ChannelName, MakeData(bytes))));
        return new Publication(frame, role.Source, frame.AsSpan().LastIndexOf(Marker.First));
    }

    /// <summary>Data with a place for a marker.</summary>
    protected static string MakeData(int bytes) =>
        (char)Marker.First + new string('a', Marker.Length - 1) + new string('x', Math.Max(0, bytes - Marker.Length));

    /// <summary>Sends a text.</summary>
    protected void Send(Client client, string text, Reactor reactor) =>
        reactor.Send(client, WebSocketFrames.Write(Opcode, Encoding.UTF8.GetBytes(text)));
}
