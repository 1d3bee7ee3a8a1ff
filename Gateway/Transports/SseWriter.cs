using System.Buffers;
using System.IO.Pipelines;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Writes a connection's messages as Server-Sent Events (protocol 1.5): each is <c>id: …</c>, <c>data: {json}</c> and a blank
/// line; a heartbeat is a comment, with an id if there is a new one.
/// </summary>
internal sealed class SseWriter(PipeWriter output, GatewayMetrics metrics) : OutboxWriter(output, metrics)
{
    // Up to this size an event is put into one piece of the stream's memory.
    private const int PieceBytes = 2048;

    private readonly PipeWriter _output = output;

    /// <inheritdoc/>
    protected override TransportKind Transport => TransportKind.ServerSentEvents;

    /// <inheritdoc/>
    protected override int Write(OutboxItem item, Connection connection, SessionCursor? cursor)
    {
        if (cursor?.TryAdvance(item) is { } events)
        {
            return WriteShared(events, cursor.Head);
        }

        if (item.Message.IsHeartbeat)
        {
            cursor?.Advance(item);
            return WriteHeartbeat(cursor);
        }

        var bytes = 0;
        var pieces = new Pieces(_output);
        if (item.Message.Parts.IsEmpty)
        {
            bytes = WriteOwn(ref pieces, item, connection, cursor);
        }

        foreach (var part in item.Message.Parts)
        {
            bytes += WriteOwn(ref pieces, item with { Message = part }, connection, cursor);
        }

        pieces.End();
        return bytes;
    }

    private int WriteOwn(ref Pieces pieces, OutboxItem item, Connection connection, SessionCursor? cursor)
    {
        cursor?.Advance(item);
        var (idLength, length) = Measure(item.Message, cursor);
        if (pieces.TryTake(length, out var piece))
        {
            Fill(piece, item.Message, connection, cursor, idLength);
        }
        else
        {
            WritePieces(item.Message, connection, cursor, idLength);
        }

        return length;
    }

    private int WriteShared(SharedEvents events, ReadOnlySpan<byte> head)
    {
        var bytes = 0;
        var pieces = new Pieces(_output);
        for (var i = 0; i < events.Count; i++)
        {
            var rest = events[i];
            var length = ServerSentEvent.IdPrefix.Length + head.Length + rest.Length;
            bytes += length;
            if (pieces.TryTake(length, out var piece))
            {
                ServerSentEvent.Copy(rest, ServerSentEvent.Copy(head, ServerSentEvent.Copy(ServerSentEvent.IdPrefix, piece)));
            }
            else
            {
                _output.Write(ServerSentEvent.IdPrefix);
                _output.Write(head);
                _output.Write(rest);
            }
        }

        pieces.End();
        return bytes;
    }

    private static (int IdLength, int Length) Measure(OutboundMessage message, SessionCursor? cursor)
    {
        var idLength = cursor?.Prepare() ?? 0;
        return (idLength, LineLength(idLength) + ServerSentEvent.DataPrefix.Length + message.Length + ServerSentEvent.End.Length);
    }

    private static void Fill(Span<byte> piece, OutboundMessage message, Connection connection, SessionCursor? cursor, int idLength)
    {
        var rest = ServerSentEvent.Copy(ServerSentEvent.DataPrefix, CopyIdLine(piece, cursor, idLength));
        message.Json.Span.CopyTo(rest);
        if (message.HasSidSlot)
        {
            connection.SidBytes.Span.CopyTo(rest[OutboundMessage.SidOffset..]);
        }

        ServerSentEvent.Copy(ServerSentEvent.End, rest[message.Length..]);
    }

    private int WriteHeartbeat(SessionCursor? cursor)
    {
        var length = WriteIdLine(cursor, cursor is { HasNews: true } ? cursor.Prepare() : 0);
        _output.Write(ServerSentEvent.Comment);
        return length + ServerSentEvent.Comment.Length;
    }

    private static int LineLength(int idLength) => idLength == 0 ? 0 : ServerSentEvent.IdPrefix.Length + idLength + 1;

    private int WriteIdLine(SessionCursor? cursor, int idLength)
    {
        if (idLength == 0)
        {
            return 0;
        }

        var length = LineLength(idLength);
        CopyIdLine(_output.GetSpan(length), cursor, idLength);
        _output.Advance(length);
        return length;
    }

    private static Span<byte> CopyIdLine(Span<byte> target, SessionCursor? cursor, int idLength)
    {
        if (idLength == 0)
        {
            return target;
        }

        var rest = ServerSentEvent.Copy(ServerSentEvent.IdPrefix, target);
        rest = rest[cursor!.Write(rest)..];
        rest[0] = ServerSentEvent.LineEnd;
        return rest[1..];
    }

    private void WritePieces(OutboundMessage message, Connection connection, SessionCursor? cursor, int idLength)
    {
        WriteIdLine(cursor, idLength);
        var json = message.Json.Span;
        _output.Write(ServerSentEvent.DataPrefix);
        if (message.HasSidSlot)
        {
            _output.Write(json[..OutboundMessage.SidOffset]);
            _output.Write(connection.SidBytes.Span);
            json = json[(OutboundMessage.SidOffset + OutboundMessage.SidLength)..];
        }

        _output.Write(json);
        _output.Write(ServerSentEvent.End);
    }

    /// <summary>Pieces of the stream's memory, each filled with as many events as fit into it.</summary>
    private ref struct Pieces(PipeWriter output)
    {
        private Span<byte> _piece;
        private int _used;

        /// <summary>Takes room for an event; false if it must be written in several pieces, which may be done at once.</summary>
        public bool TryTake(int length, out Span<byte> place)
        {
            place = default;
            if (length > _piece.Length - _used)
            {
                End();
                if (length > PieceBytes)
                {
                    return false;
                }

                _piece = output.GetSpan(length);
            }

            place = _piece.Slice(_used, length);
            _used += length;
            return true;
        }

        /// <summary>Gives what was taken to the stream.</summary>
        public void End()
        {
            if (_used > 0)
            {
                output.Advance(_used);
            }

            _piece = [];
            _used = 0;
        }
    }
}
