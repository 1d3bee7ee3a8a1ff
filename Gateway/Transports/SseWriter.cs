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

    private static ReadOnlySpan<byte> IdPrefix => "id: "u8;

    private static ReadOnlySpan<byte> DataPrefix => "data: "u8;

    private static ReadOnlySpan<byte> End => "\n\n"u8;

    private static ReadOnlySpan<byte> Comment => ":\n\n"u8;

    /// <inheritdoc/>
    protected override TransportKind Transport => TransportKind.ServerSentEvents;

    /// <inheritdoc/>
    protected override int Write(OutboxItem item, Connection connection, SessionCursor? cursor)
    {
        if (!item.Message.Parts.IsEmpty)
        {
            return WriteAll(item, connection, cursor);
        }

        cursor?.Advance(item);
        if (item.Message.IsHeartbeat)
        {
            return WriteHeartbeat(cursor);
        }

        var (idLength, length) = Measure(item.Message, cursor);
        if (length > PieceBytes)
        {
            WritePieces(item.Message, connection, cursor, idLength);
        }
        else
        {
            Fill(_output.GetSpan(length), item.Message, connection, cursor, idLength);
            _output.Advance(length);
        }

        return length;
    }

    /// <summary>Writes messages that came together, as many at once as fit into a piece of the stream's memory.</summary>
    private int WriteAll(OutboxItem item, Connection connection, SessionCursor? cursor)
    {
        var (bytes, used) = (0, 0);
        var piece = Span<byte>.Empty;
        foreach (var part in item.Message.Parts)
        {
            cursor?.Advance(item with { Message = part });
            var (idLength, length) = Measure(part, cursor);
            bytes += length;
            if (length > piece.Length - used)
            {
                Advance(used);
                piece = [];
                used = 0;
                if (length > PieceBytes)
                {
                    WritePieces(part, connection, cursor, idLength);
                    continue;
                }

                piece = _output.GetSpan(length);
            }

            Fill(piece[used..], part, connection, cursor, idLength);
            used += length;
        }

        Advance(used);
        return bytes;
    }

    private void Advance(int bytes)
    {
        if (bytes > 0)
        {
            _output.Advance(bytes);
        }
    }

    private static (int IdLength, int Length) Measure(OutboundMessage message, SessionCursor? cursor)
    {
        var idLength = cursor?.Prepare() ?? 0;
        return (idLength, LineLength(idLength) + DataPrefix.Length + message.Length + End.Length);
    }

    private static void Fill(Span<byte> piece, OutboundMessage message, Connection connection, SessionCursor? cursor, int idLength)
    {
        var rest = Copy(DataPrefix, CopyIdLine(piece, cursor, idLength));
        message.Json.Span.CopyTo(rest);
        if (message.HasSidSlot)
        {
            connection.SidBytes.Span.CopyTo(rest[OutboundMessage.SidOffset..]);
        }

        Copy(End, rest[message.Length..]);
    }

    private int WriteHeartbeat(SessionCursor? cursor)
    {
        var length = WriteIdLine(cursor, cursor is { HasNews: true } ? cursor.Prepare() : 0);
        _output.Write(Comment);
        return length + Comment.Length;
    }

    private static int LineLength(int idLength) => idLength == 0 ? 0 : IdPrefix.Length + idLength + 1;

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

        var rest = Copy(IdPrefix, target);
        rest = rest[cursor!.Write(rest)..];
        rest[0] = (byte)'\n';
        return rest[1..];
    }

    private void WritePieces(OutboundMessage message, Connection connection, SessionCursor? cursor, int idLength)
    {
        WriteIdLine(cursor, idLength);
        var json = message.Json.Span;
        _output.Write(DataPrefix);
        if (message.HasSidSlot)
        {
            _output.Write(json[..OutboundMessage.SidOffset]);
            _output.Write(connection.SidBytes.Span);
            json = json[(OutboundMessage.SidOffset + OutboundMessage.SidLength)..];
        }

        _output.Write(json);
        _output.Write(End);
    }

    private static Span<byte> Copy(ReadOnlySpan<byte> source, Span<byte> target)
    {
        source.CopyTo(target);
        return target[source.Length..];
    }
}
