using System.Net.WebSockets;
using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>A WebSocket.</summary>
internal sealed class WebSocketWire : Wire
{
    private readonly ClientWebSocket _socket;
    private readonly Task _reading;
    private readonly SemaphoreSlim _sending = new(1);

    private WebSocketWire(GatewayEndpoint gateway, ClientWebSocket socket, Action<ServerMessage> received)
        : base(received)
    {
        (Gateway, _socket) = (gateway, socket);
        _reading = ReadAsync();
    }

    /// <inheritdoc/>
    public override GatewayEndpoint Gateway { get; }

    /// <summary>Opens a socket.</summary>
    /// <param name="gateway">The gateway.</param>
    /// <param name="query">For example <c>?sbpk=…</c>; the published client sends none.</param>
    /// <param name="received">Gets each message.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<WireAttempt> OpenAsync(
        GatewayEndpoint gateway, string query, Action<ServerMessage> received, CancellationToken cancellationToken)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        try
        {
            await socket.ConnectAsync(new UriBuilder(gateway.Address) { Scheme = "ws", Path = "/ws", Query = query }.Uri, cancellationToken);
            return new WireAttempt(new WebSocketWire(gateway, socket, received), 200, "");
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            return new WireAttempt(null, status, exception.Message);
        }
    }

    /// <inheritdoc/>
    public override async Task<SendOutcome> SendAsync(object command)
    {
        await _sending.WaitAsync();
        try
        {
            using var timeout = new CancellationTokenSource(Patience.Reply);
            await _socket.SendAsync(
                JsonSerializer.SerializeToUtf8Bytes(command), WebSocketMessageType.Text, endOfMessage: true, timeout.Token);
            return SendOutcome.Taken;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            return SendOutcome.Unknown;
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
            }

            await _reading.WaitAsync(timeout.Token);
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            // It is gone already.
        }

        _socket.Dispose();
        await _reading;
        _sending.Dispose();
    }

    private static bool IsOutage(Exception exception) =>
        exception is WebSocketException or OperationCanceledException or ObjectDisposedException or IOException or InvalidOperationException;

    private async Task ReadAsync()
    {
        var buffer = new byte[16 * 1024];
        using var message = new MemoryStream();
        var reason = "";
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    reason = $"close code {(int?)_socket.CloseStatus}";
                    return;
                }

                message.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    Receive(message.ToArray());
                    message.SetLength(0);
                }
            }
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            reason = exception.Message;
        }
        finally
        {
            End(reason);
        }
    }
}
