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
    protected override int Write(OutboundMessage message, Connection connection, SessionCursor? cursor)
    {
        if (message.Parts.IsEmpty)
        {
            return WriteOne(message, connection, cursor);
        }

        var bytes = 0;
        foreach (var part in message.Parts)
        {
            bytes += WriteOne(part, connection, cursor);
        }

        return bytes;
    }

    private int WriteOne(OutboundMessage message, Connection connection, SessionCursor? cursor)
    {
        var idLength = cursor is null || (message.IsHeartbeat && !cursor.HasNews) ? 0 : cursor.Prepare();
        if (message.IsHeartbeat)
        {
            return WriteHeartbeat(cursor, idLength);
        }

        var idLineLength = idLength == 0 ? 0 : IdPrefix.Length + idLength + 1;
        var length = idLineLength + DataPrefix.Length + message.Length + End.Length;
        if (length > PieceBytes)
        {
            WriteIdLine(cursor, idLength);
            WritePieces(message, connection.SidBytes.Span);
            return length;
        }

        var target = _output.GetSpan(length);
        var rest = CopyIdLine(target, cursor, idLength);
        rest = Copy(DataPrefix, rest);
        message.Json.Span.CopyTo(rest);
        if (message.HasSidSlot)
        {
            connection.SidBytes.Span.CopyTo(rest[OutboundMessage.SidOffset..]);
        }

        Copy(End, rest[message.Length..]);
        _output.Advance(length);
        return length;
    }

    private int WriteHeartbeat(SessionCursor? cursor, int idLength)
    {
        var length = WriteIdLine(cursor, idLength) + Comment.Length;
        _output.Write(Comment);
        return length;
    }

    private int WriteIdLine(SessionCursor? cursor, int idLength)
    {
        if (idLength == 0)
        {
            return 0;
        }

        var length = IdPrefix.Length + idLength + 1;
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

    private void WritePieces(OutboundMessage message, ReadOnlySpan<byte> sid)
    {
        var json = message.Json.Span;
        _output.Write(DataPrefix);
        if (message.HasSidSlot)
        {
            _output.Write(json[..OutboundMessage.SidOffset]);
            _output.Write(sid);
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
