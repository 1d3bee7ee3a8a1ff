using System.Buffers;
using System.IO.Pipelines;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Writes messages as text frames (protocol 1.5), and the library's own frames between them. To a client that has asked for
/// ids each message goes with one, as a last member (protocol 1.9).
/// </summary>
internal sealed class WebSocketWriter(PipeWriter output, GatewayMetrics metrics) : OutboxWriter(output, metrics)
{
    // Up to this size a frame is put into one piece of the stream's memory.
    private const int PieceBytes = 2048;

    private static readonly OutboundMessage Heartbeat = MessageEncoder.Heartbeat;

    private readonly PipeWriter _output = output;
    private readonly Queue<ControlFrame> _control = new(0);
    private int _waitingControl;
    private int _writtenControl;

    private static ReadOnlySpan<byte> IdPrefix => ",\"id\":\""u8;

    private static ReadOnlySpan<byte> IdSuffix => "\"}"u8;

    /// <summary>Writes a frame that is none of a message: a ping, a pong or the end.</summary>
    /// <exception cref="IOException">The stream is broken.</exception>
    public Task WriteControlAsync(ReadOnlyMemory<byte> frame)
    {
        var control = new ControlFrame(frame.ToArray());
        lock (_control)
        {
            _control.Enqueue(control);
            Volatile.Write(ref _waitingControl, _control.Count);
        }

        Wake();
        return control.Task;
    }

    /// <inheritdoc/>
    protected override TransportKind Transport => TransportKind.WebSocket;

    /// <inheritdoc/>
    protected override bool WriteControl()
    {
        if (Volatile.Read(ref _waitingControl) == 0)
        {
            return false;
        }

        lock (_control)
        {
            foreach (var frame in _control)
            {
                _output.Write(frame.Bytes);
            }

            _writtenControl = _control.Count;
        }

        return true;
    }

    /// <inheritdoc/>
    protected override void CompleteControl(bool isBroken)
    {
        if (_writtenControl == 0 && !isBroken)
        {
            return;
        }

        lock (_control)
        {
            for (; _control.Count > 0 && (isBroken || _writtenControl > 0); _writtenControl--)
            {
                var frame = _control.Dequeue();
                if (isBroken)
                {
                    frame.SetException(new IOException("The connection has ended."));
                }
                else
                {
                    frame.SetResult();
                }
            }

            _writtenControl = 0;
            Volatile.Write(ref _waitingControl, _control.Count);
        }
    }

    /// <inheritdoc/>
    protected override int Write(OutboxItem item, Connection connection, SessionCursor? cursor)
    {
        var message = item.Message;
        if (message.Parts.IsEmpty)
        {
            cursor?.Advance(item);

            // The WebSocket has pings of its own; a message is needed only to bring an id.
            return !message.IsHeartbeat ? WriteOne(message, connection, cursor)
                : cursor is { HasNews: true } ? WriteOne(Heartbeat, connection, cursor)
                : 0;
        }

        if (cursor is null)
        {
            _output.Write(message.Frames);
            return message.Frames.Length;
        }

        var bytes = 0;
        foreach (var part in message.Parts)
        {
            cursor.Advance(item with { Message = part });
            bytes += WriteOne(part, connection, cursor);
        }

        return bytes;
    }

    private int WriteOne(OutboundMessage message, Connection connection, SessionCursor? cursor)
    {
        var json = message.Json.Span;
        var idLength = cursor?.Prepare() ?? 0;
        var length = json.Length;
        if (cursor is not null)
        {
            // The id goes before the closing brace.
            json = json[..^1];
            length = json.Length + IdPrefix.Length + idLength + IdSuffix.Length;
        }

        if (length > PieceBytes)
        {
            return WritePieces(json, length, message.HasSidSlot ? connection.SidBytes.Span : default, cursor, idLength);
        }

        var target = _output.GetSpan(WebSocketFrame.MaxHeaderLength + length);
        var headerLength = WebSocketFrame.WriteHeader(target, length);
        var body = target[headerLength..];
        json.CopyTo(body);
        if (message.HasSidSlot)
        {
            connection.SidBytes.Span.CopyTo(body[OutboundMessage.SidOffset..]);
        }

        if (cursor is not null)
        {
            WriteId(body[json.Length..], cursor);
        }

        _output.Advance(headerLength + length);
        return headerLength + length;
    }

    private int WritePieces(ReadOnlySpan<byte> json, int length, ReadOnlySpan<byte> sid, SessionCursor? cursor, int idLength)
    {
        var headerLength = WebSocketFrame.WriteHeader(_output.GetSpan(WebSocketFrame.MaxHeaderLength), length);
        _output.Advance(headerLength);
        if (!sid.IsEmpty)
        {
            _output.Write(json[..OutboundMessage.SidOffset]);
            _output.Write(sid);
            json = json[(OutboundMessage.SidOffset + OutboundMessage.SidLength)..];
        }

        _output.Write(json);
        if (cursor is not null)
        {
            var endLength = IdPrefix.Length + idLength + IdSuffix.Length;
            WriteId(_output.GetSpan(endLength), cursor);
            _output.Advance(endLength);
        }

        return headerLength + length;
    }

    private static void WriteId(Span<byte> target, SessionCursor cursor)
    {
        IdPrefix.CopyTo(target);
        var rest = target[IdPrefix.Length..];
        IdSuffix.CopyTo(rest[cursor.Write(rest)..]);
    }

    /// <summary>A frame of the library's, and the task of whoever waits until it is written.</summary>
    private sealed class ControlFrame(byte[] bytes) : TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        public ReadOnlySpan<byte> Bytes => bytes;
    }
}
