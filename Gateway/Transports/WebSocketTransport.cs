using System.Buffers;
using System.Net.WebSockets;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>Carries a connection's commands and messages as text frames (protocol 1.5).</summary>
internal sealed class WebSocketTransport(WebSocket socket, Connection connection, CommandHandler commands, GatewayMetrics metrics, int maxMessageBytes)
{
    // Up to this size a message is copied to put the receiver's sid in; longer ones go out as two fragments.
    private const int CopyBytes = 1024;
    private const int FirstBufferBytes = 4096;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);
    private static readonly OutboundMessage InvalidMessage = MessageEncoder.Error(ErrorTexts.InvalidMessage);
    private static readonly OutboundMessage InvalidRequest = MessageEncoder.Error(ErrorTexts.InvalidRequest);
    private static readonly OutboundMessage TooLarge = MessageEncoder.Error(ErrorTexts.MessageTooLarge);

    /// <summary>Reads and writes until either side ends the connection.</summary>
    /// <param name="aborted">Set when the network has lost the client.</param>
    public async Task RunAsync(CancellationToken aborted)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, connection.Aborted);
        var writing = WriteAsync(ended.Token);
        var reading = ReadAsync(ended.Token);
        await Task.WhenAny(reading, writing, connection.Ended);
        connection.End(EndReason.ClientLeft);

        // The same client may be back before its last command is done.
        connection.ReleaseSlot();
        await CloseAsync(reading, writing);
        await ended.CancelAsync();
        connection.Abort();
        await Task.WhenAll(Quietly(reading), Quietly(writing));
    }

    private async Task ReadAsync(CancellationToken ended)
    {
        while (true)
        {
            // Waits without a buffer, so that an idle connection holds none.
            var waiting = await socket.ReceiveAsync(Memory<byte>.Empty, ended);
            if (waiting.MessageType == WebSocketMessageType.Close)
            {
                return;
            }

            // An empty message has been read to its end already.
            if (waiting.EndOfMessage)
            {
                await HandleAsync(waiting.MessageType, ReadOnlyMemory<byte>.Empty, 0, ended);
                continue;
            }

            var buffer = ArrayPool<byte>.Shared.Rent(FirstBufferBytes);
            try
            {
                var length = 0;
                ValueWebSocketReceiveResult received;
                do
                {
                    if (length == buffer.Length && length <= maxMessageBytes)
                    {
                        buffer = Grow(buffer, length);
                    }

                    // Once it is too long its rest is read over the same bytes.
                    var target = length > maxMessageBytes ? buffer : buffer.AsMemory(length);
                    received = await socket.ReceiveAsync(target, ended);
                    if (received.MessageType == WebSocketMessageType.Close)
                    {
                        return;
                    }

                    length = (int)Math.Min((long)length + received.Count, maxMessageBytes + 1L);
                }
                while (!received.EndOfMessage);

                await HandleAsync(received.MessageType, buffer.AsMemory(0, Math.Min(length, buffer.Length)), length, ended);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private async ValueTask HandleAsync(
        WebSocketMessageType type, ReadOnlyMemory<byte> json, int length, CancellationToken ended)
    {
        using var turn = await connection.EnterAsync(ended);
        if (length > maxMessageBytes)
        {
            Refuse(TooLarge);
        }
        else if (type != WebSocketMessageType.Text || !MessageDecoder.TryDecode(json, out var command))
        {
            Refuse(InvalidMessage);
        }
        else if (!JsonStringToken.TryRead(command.Sid, out var sid) || (sid.Length > 0 && sid != connection.SidText))
        {
            Refuse(InvalidRequest);
        }
        else
        {
            await commands.HandleAsync(connection, command, ended);
        }
    }

    /// <summary>Answers what isn't a command. It counts against the rate like one.</summary>
    private void Refuse(OutboundMessage error)
    {
        if (connection.TryTakeCommand())
        {
            metrics.Received(CommandKind.Unknown);
            connection.Send(error);
        }
        else
        {
            metrics.CommandRefusedByRate();
            connection.Send(MessageEncoder.Error(ErrorTexts.TooManyRequests));
        }
    }

    private async Task WriteAsync(CancellationToken ended)
    {
        var prefix = new byte[OutboundMessage.SidOffset + OutboundMessage.SidLength];
        while (await connection.Outbox.WaitAsync(ended))
        {
            while (connection.Outbox.TryTake(out var item))
            {
                var message = item.Message;
                await WriteAsync(message, prefix, ended);
                metrics.Sent(TransportKind.WebSocket, message.IsHeartbeat ? 0 : 1, message.Json.Length);
            }
        }
    }

    private ValueTask WriteAsync(OutboundMessage message, byte[] prefix, CancellationToken ended)
    {
        if (!message.HasSidSlot)
        {
            return message.IsHeartbeat ? ValueTask.CompletedTask : SendAsync(message.Json, isEnd: true, ended);
        }

        return message.Json.Length <= CopyBytes
            ? SendCopyAsync(message, ended)
            : SendFragmentsAsync(message, prefix, ended);
    }

    private async ValueTask SendCopyAsync(OutboundMessage message, CancellationToken ended)
    {
        var copy = ArrayPool<byte>.Shared.Rent(message.Json.Length);
        try
        {
            message.Json.CopyTo(copy);
            connection.SidBytes.CopyTo(copy.AsMemory(OutboundMessage.SidOffset));
            await SendAsync(copy.AsMemory(0, message.Json.Length), isEnd: true, ended);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(copy);
        }
    }

    private async ValueTask SendFragmentsAsync(OutboundMessage message, byte[] prefix, CancellationToken ended)
    {
        message.Json[..OutboundMessage.SidOffset].CopyTo(prefix);
        connection.SidBytes.CopyTo(prefix.AsMemory(OutboundMessage.SidOffset));
        await SendAsync(prefix, isEnd: false, ended);
        await SendAsync(message.Json[prefix.Length..], isEnd: true, ended);
    }

    private ValueTask SendAsync(ReadOnlyMemory<byte> bytes, bool isEnd, CancellationToken ended) =>
        socket.SendAsync(bytes, WebSocketMessageType.Text, isEnd, ended);

    /// <summary>Writes what still waits and the close frame, and gives the peer a moment to answer it.</summary>
    private async Task CloseAsync(Task reading, Task writing)
    {
        using var timeout = new CancellationTokenSource(CloseTimeout);
        try
        {
            await writing.WaitAsync(timeout.Token);
            if (socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await socket.CloseOutputAsync((WebSocketCloseStatus)connection.EndReason!, null, timeout.Token);
                await reading.WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // A peer that doesn't take the close frame is cut off.
            socket.Abort();
        }
    }

    private static async Task Quietly(Task task)
    {
        try
        {
            await task;
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // The connection has ended; how the other loop noticed doesn't matter.
        }
    }

    private static bool IsEnd(Exception exception) =>
        exception is OperationCanceledException or WebSocketException or IOException or ObjectDisposedException or InvalidOperationException;

    private byte[] Grow(byte[] buffer, int length)
    {
        var larger = ArrayPool<byte>.Shared.Rent(Math.Min(length * 4, maxMessageBytes + 1));
        buffer.AsSpan(0, length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(buffer);
        return larger;
    }
}
