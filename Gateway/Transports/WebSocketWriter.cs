using System.Buffers;
using System.Net.WebSockets;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Writes one connection's messages as text frames (protocol 1.5). To a client that has asked for ids each goes with one, as
/// a last member (protocol 1.9).
/// </summary>
internal sealed class WebSocketWriter(WebSocket socket, Connection connection, SessionCursor? cursor, GatewayMetrics metrics)
{
    // Up to this size a message is copied to put in what is the receiver's own; longer ones go out in fragments.
    private const int CopyBytes = 1024;

    private const int PrefixLength = OutboundMessage.SidOffset + OutboundMessage.SidLength;

    private static readonly OutboundMessage Heartbeat = MessageEncoder.Heartbeat;

    private readonly byte[] _prefix = new byte[PrefixLength];

    // What ends a message: its id, if it has one, and the closing brace.
    private readonly byte[] _end = cursor is null ? [] : new byte[IdPrefix.Length + ResumeId.MaxLength + IdSuffix.Length];

    private static ReadOnlySpan<byte> IdPrefix => ",\"id\":\""u8;

    private static ReadOnlySpan<byte> IdSuffix => "\"}"u8;

    /// <summary>Writes until the outbox is completed and empty.</summary>
    /// <param name="paused">Set when nothing more is to be begun, without harm to the socket.</param>
    /// <param name="ended">Set when the socket is of no more use.</param>
    /// <exception cref="OperationCanceledException">One of them was set.</exception>
    public async Task RunAsync(CancellationToken paused, CancellationToken ended)
    {
        while (await connection.Outbox.WaitAsync(paused))
        {
            while (!paused.IsCancellationRequested && connection.Outbox.TryTake(out var item))
            {
                await WriteAsync(item, ended);
            }
        }
    }

    private async ValueTask WriteAsync(OutboxItem item, CancellationToken ended)
    {
        var message = item.Message;
        var endLength = 0;
        if (cursor is not null)
        {
            await cursor.AdvanceAsync(item);
            message = message.IsHeartbeat && cursor.HasNews ? Heartbeat : message;
            endLength = WriteEnd(cursor);
        }

        if (message.IsHeartbeat)
        {
            // The WebSocket has pings of its own.
            return;
        }

        await WriteAsync(message, endLength, ended);
        metrics.Sent(TransportKind.WebSocket, 1, message.Json.Length + endLength);
    }

    private ValueTask WriteAsync(OutboundMessage message, int endLength, CancellationToken ended)
    {
        if (!message.HasSidSlot && endLength == 0)
        {
            return SendAsync(message.Json, isEnd: true, ended);
        }

        return message.Json.Length <= CopyBytes
            ? SendCopyAsync(message, endLength, ended)
            : SendFragmentsAsync(message, endLength, ended);
    }

    private async ValueTask SendCopyAsync(OutboundMessage message, int endLength, CancellationToken ended)
    {
        var json = Body(message, endLength);
        var length = json.Length + endLength;
        var copy = ArrayPool<byte>.Shared.Rent(length);
        try
        {
            json.CopyTo(copy);
            if (message.HasSidSlot)
            {
                connection.SidBytes.CopyTo(copy.AsMemory(OutboundMessage.SidOffset));
            }

            _end.AsSpan(0, endLength).CopyTo(copy.AsSpan(json.Length));
            await SendAsync(copy.AsMemory(0, length), isEnd: true, ended);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private async ValueTask SendFragmentsAsync(OutboundMessage message, int endLength, CancellationToken ended)
    {
        var json = Body(message, endLength);
        if (message.HasSidSlot)
        {
            json[..OutboundMessage.SidOffset].CopyTo(_prefix);
            connection.SidBytes.CopyTo(_prefix.AsMemory(OutboundMessage.SidOffset));
            await SendAsync(_prefix, isEnd: false, ended);
            json = json[PrefixLength..];
        }

        await SendAsync(json, isEnd: endLength == 0, ended);
        if (endLength > 0)
        {
            await SendAsync(_end.AsMemory(0, endLength), isEnd: true, ended);
        }
    }

    private static ReadOnlyMemory<byte> Body(OutboundMessage message, int endLength) =>
        endLength == 0 ? message.Json : message.Json[..^1];

    private int WriteEnd(SessionCursor cursor)
    {
        IdPrefix.CopyTo(_end);
        var length = IdPrefix.Length;
        length += cursor.Write(_end.AsSpan(length));
        IdSuffix.CopyTo(_end.AsSpan(length));
        return length + IdSuffix.Length;
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd, CancellationToken ended) =>
        socket.SendAsync(bytes, WebSocketMessageType.Text, isEnd, ended);
}
