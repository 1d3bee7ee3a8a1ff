using System.Buffers.Text;
using System.Text;
using Realtime.Benchmarks.Load.Dialects;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Clients;

/// <summary>From bytes to messages: one read per wake-up into one buffer, no copy unless a message is incomplete.</summary>
internal sealed partial class Reactor
{
    private const int ReadBytes = 256 * 1024;
    private const int MaxRestBytes = 128 * 1024;

    private readonly byte[] _buffer = new byte[MaxRestBytes + ReadBytes];
    private uint _now;

    private void Read(Client client)
    {
        var rest = client.TakeRest(_buffer);
        var received = client.Socket.Receive(_buffer.AsSpan(rest, ReadBytes), out var isLost);
        if (isLost)
        {
            Lose(client, received == 0 ? "ended by the server" : "lost while receiving");
            return;
        }

        if (received <= 0)
        {
            return;
        }

        _now = Clock.Microseconds(Clock.Now);
        var length = rest + received;
        var used = 0;
        if (client.State == ClientState.Upgrading)
        {
            used = ReadAnswer(client, _buffer.AsSpan(0, length));
            if (used == 0)
            {
                client.KeepRest(_buffer.AsSpan(0, length));
                return;
            }

            if (client.Dialect.Kind == StreamKind.Events)
            {
                length = used + client.Chunk.Unwrap(_buffer.AsSpan(used, length - used));
            }
        }
        else if (client.Dialect.Kind == StreamKind.Events)
        {
            length = rest + client.Chunk.Unwrap(_buffer.AsSpan(rest, received));
        }

        var bytes = _buffer.AsSpan(used, length - used);
        used += client.Dialect.Kind switch
        {
            StreamKind.WebSocket => ReadFrames(client, bytes),
            StreamKind.Events => ReadEvents(client, bytes),
            _ => ReadAnswers(client, bytes),
        };
        if (length - used > MaxRestBytes)
        {
            Lose(client, "a message is too long");
        }
        else if (client.State != ClientState.Closed)
        {
            client.KeepRest(_buffer.AsSpan(used, length - used));
        }
    }

    private int ReadAnswer(Client client, ReadOnlySpan<byte> bytes)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0)
        {
            return 0;
        }

        if (!bytes.StartsWith(client.Dialect.Kind == StreamKind.WebSocket ? "HTTP/1.1 101"u8 : "HTTP/1.1 200"u8))
        {
            Lose(client, "answered with " + Encoding.ASCII.GetString(bytes[..bytes.IndexOf((byte)'\r')]));
            return bytes.Length;
        }

        client.State = ClientState.Joining;
        client.Dialect.OnOpen(client, this);
        return end + 4;
    }

    private int ReadFrames(Client client, ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (client.State != ClientState.Closed && WebSocketFrames.Read(bytes[used..], out var opcode, out var payload) is var length && length > 0)
        {
            used += length;
            switch (opcode)
            {
                case WebSocketFrames.Ping:
                    Send(client, WebSocketFrames.Write(WebSocketFrames.Pong, payload));
                    break;
                case WebSocketFrames.Close:
                    var code = payload.Length < 2 ? 0 : (payload[0] << 8) + payload[1];
                    Lose(client, $"closed by the server with {code}");
                    break;
                case WebSocketFrames.Pong:
                    break;
                default:
                    ReadMessage(client, payload);
                    break;
            }
        }

        return used;
    }

    private int ReadEvents(Client client, ReadOnlySpan<byte> bytes)
    {
        var used = bytes.LastIndexOf((byte)'\n') + 1;
        if (client.State == ClientState.Ready)
        {
            ReadMessage(client, bytes[..used]);
            return used;
        }

        for (var lines = bytes[..used]; !lines.IsEmpty;)
        {
            var end = lines.IndexOf((byte)'\n');
            if (lines.StartsWith("data: "u8))
            {
                ReadMessage(client, lines[6..end]);
            }

            lines = lines[(end + 1)..];
        }

        return used;
    }

    private int ReadAnswers(Client client, ReadOnlySpan<byte> bytes)
    {
        var used = 0;
        while (bytes[used..].IndexOf("\r\n\r\n"u8) is var head and >= 0)
        {
            var length = bytes.Slice(used, head).IndexOf("Content-Length: "u8);
            if (length < 0 || !Utf8Parser.TryParse(bytes[(used + length + 16)..], out int body, out _))
            {
                Lose(client, "an answer doesn't tell its length");
                return bytes.Length;
            }

            if (bytes.Length < used + head + 4 + body)
            {
                break;
            }

            client.Dialect.OnMessage(client, bytes.Slice(used, head + 4 + body), this);
            used += head + 4 + body;
        }

        return used;
    }

    private void ReadMessage(Client client, ReadOnlySpan<byte> message)
    {
        var isDelivery = false;
        if (client.State == ClientState.Ready)
        {
            var left = message;
            for (var at = left.IndexOf(Marker.First); at >= 0 && left.Length - at >= Marker.Length; at = left.IndexOf(Marker.First))
            {
                if (!Marker.TryRead(left[at..], out var marker))
                {
                    left = left[(at + 1)..];
                    continue;
                }

                isDelivery = true;
                tally.Add(client, marker, _now);
                if (OwnDelivery is { } own && client.Role.Slot >= 0 && (marker.Source & 0xff) == client.Role.Slot)
                {
                    own(client);
                }

                left = left[(at + Marker.Length)..];
            }
        }

        if (!isDelivery)
        {
            client.Dialect.OnMessage(client, message, this);
        }
    }
}
