using System.Buffers;
using System.Net.WebSockets;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>Carries a connection's commands and messages as text frames (protocol 1.5).</summary>
/// <param name="accepted">The socket.</param>
/// <param name="connection">The connection.</param>
/// <param name="cursor">What the client has got; null if it can't come back.</param>
/// <param name="commands">Runs commands.</param>
/// <param name="metrics">Counts what comes.</param>
/// <param name="maxMessageBytes">Longest message in bytes.</param>
internal sealed class WebSocketTransport(
    AcceptedWebSocket accepted,
    Connection connection,
    SessionCursor? cursor,
    CommandHandler commands,
    GatewayMetrics metrics,
    int maxMessageBytes)
{
    private const int FirstBufferBytes = 4096;

    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(2);
    private static readonly OutboundMessage InvalidMessage = MessageEncoder.Error(ErrorTexts.InvalidMessage);
    private static readonly OutboundMessage InvalidRequest = MessageEncoder.Error(ErrorTexts.InvalidRequest);
    private static readonly OutboundMessage TooLarge = MessageEncoder.Error(ErrorTexts.MessageTooLarge);

    private readonly WebSocket _socket = accepted.Socket;
    private readonly WebSocketWriter _writer = accepted.Writer;
    private readonly GatheredPublications _gathered = new();

    /// <summary>
    /// Reads and writes until either side ends the connection, or until the client's first message asks for another session.
    /// </summary>
    /// <param name="mayResume">Whether the next message is the client's first, which may ask for that.</param>
    /// <param name="aborted">Set when the network has lost the client.</param>
    /// <returns>What the client has asked for (protocol 1.9); null if the connection has ended.</returns>
    public async Task<string?> RunAsync(bool mayResume, CancellationToken aborted)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(aborted, connection.Aborted);
        _writer.Attach(connection, cursor);
        var reading = ReadAsync(mayResume, ended.Token);
        await Task.WhenAny(reading, connection.Ended);
        if (connection.EndReason is null && reading is { IsCompletedSuccessfully: true, Result: { } id })
        {
            await _writer.DetachAsync();
            if (connection.EndReason is null)
            {
                return id;
            }

            _writer.Attach(connection, cursor);
        }

        if (connection.EndReason is null && _socket.CloseStatus is WebSocketCloseStatus.NormalClosure or WebSocketCloseStatus.Empty)
        {
            // Who says goodbye doesn't come back.
            connection.Session?.Unbind();
        }

        connection.End(EndReason.ClientLeft);

        // The same client may be back before its last command is done.
        connection.ReleaseSlot();
        await CloseAsync(reading, ended.Token);
        await ended.CancelAsync();
        connection.Abort();
        await Quietly(reading);
        await _writer.DetachAsync();
        return null;
    }

    private async Task<string?> ReadAsync(bool mayResume, CancellationToken ended)
    {
        try
        {
            return await ReadMessagesAsync(mayResume, ended);
        }
        finally
        {
            _gathered.Publish();
        }
    }

    private async Task<string?> ReadMessagesAsync(bool mayResume, CancellationToken ended)
    {
        for (var isFirst = mayResume; ; isFirst = false)
        {
            // Waits without a buffer, so that an idle connection holds none.
            var waiting = await PublishBefore(_socket.ReceiveAsync(Memory<byte>.Empty, ended));
            if (waiting.MessageType == WebSocketMessageType.Close)
            {
                return null;
            }

            // An empty message has been read to its end already.
            if (waiting.EndOfMessage)
            {
                await HandleAsync(waiting.MessageType, ReadOnlyMemory<byte>.Empty, 0, isFirst, ended);
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
                    received = await PublishBefore(_socket.ReceiveAsync(target, ended));
                    if (received.MessageType == WebSocketMessageType.Close)
                    {
                        return null;
                    }

                    length = (int)Math.Min((long)length + received.Count, maxMessageBytes + 1L);
                }
                while (!received.EndOfMessage);

                var json = buffer.AsMemory(0, Math.Min(length, buffer.Length));
                if (await HandleAsync(received.MessageType, json, length, isFirst, ended) is { } resumed)
                {
                    return resumed;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    /// <summary>Publishes what was gathered before a step is waited for, unless the reader can go on at once.</summary>
    private ValueTask<T> PublishBefore<T>(ValueTask<T> step)
    {
        if (!step.IsCompleted)
        {
            _gathered.Publish();
        }

        return step;
    }

    /// <returns>The id of the session that the client wants, if this is its first message and asks for one.</returns>
    private async ValueTask<string?> HandleAsync(
        WebSocketMessageType type, ReadOnlyMemory<byte> json, int length, bool isFirst, CancellationToken ended)
    {
        using var turn = await PublishBefore(connection.EnterAsync(ended));
        if (length > maxMessageBytes)
        {
            Refuse(TooLarge);
        }
        else if (type != WebSocketMessageType.Text || !MessageDecoder.TryDecode(json, out var command))
        {
            Refuse(InvalidMessage);
        }
        else if (isFirst && command.Kind == CommandKind.Resume && connection.TryTakeCommand())
        {
            // Whatever sid it names: the id says which session it is.
            metrics.Received(CommandKind.Resume);
            return JsonStringToken.TryRead(command.Data, out var id) ? id : "";
        }
        else if (!IsOwn(command.Sid))
        {
            Refuse(InvalidRequest);
        }
        else
        {
            await commands.HandleAsync(connection, command, _gathered, ended);
        }

        return null;
    }

    /// <summary>Whether a sid is this connection's, or none.</summary>
    private bool IsOwn(ReadOnlyMemory<byte> token) =>
        (token.Length == OutboundMessage.SidLength + 2 && token.Span[1..^1].SequenceEqual(connection.SidBytes.Span))
        || (JsonStringToken.TryRead(token, out var sid) && (sid.Length == 0 || sid == connection.SidText));

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

    /// <summary>Writes what still waits and the close frame, and gives the peer a moment to answer it.</summary>
    private async Task CloseAsync(Task reading, CancellationToken ended)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(ended);
        timeout.CancelAfter(CloseTimeout);
        try
        {
            if (await _writer.FinishAsync(CloseTimeout, timeout.Token) && _socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync((WebSocketCloseStatus)connection.EndReason!, null, timeout.Token);
                await reading.WaitAsync(timeout.Token);
            }
        }
        catch (Exception exception) when (IsEnd(exception))
        {
            // A peer that doesn't take the close frame is cut off below.
        }

        if (_socket.State is not WebSocketState.Closed)
        {
            // Also ends a write that waits for the peer.
            accepted.Abort();
            _socket.Abort();
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
