using System.Net.WebSockets;

namespace Realtime.Tests.Infrastructure;

/// <summary>A client over a WebSocket that names no key, as the published client opens it.</summary>
public sealed class WebSocketClient : RealtimeClient
{
    private readonly ClientWebSocket _socket;
    private readonly Task _reading;

    private WebSocketClient(TestDatabase database, GatewayProcess gateway, ClientWebSocket socket)
        : base(database, gateway)
    {
        _socket = socket;
        _reading = ReadAsync();
    }

    /// <summary>Why the server closed the socket; null while it is open.</summary>
    public int? CloseCode => (int?)_socket.CloseStatus;

    /// <summary>Opens a socket.</summary>
    /// <param name="database">The database it will belong to.</param>
    /// <param name="gateway">The gateway.</param>
    /// <param name="query">For example <c>?sbpk=…</c>; the published client sends none.</param>
    public static async Task<WebSocketClient> OpenAsync(TestDatabase database, GatewayProcess gateway, string query = "")
    {
        var socket = new ClientWebSocket();
        var address = new UriBuilder(gateway.Address) { Scheme = "ws", Path = "/ws", Query = query }.Uri;
        try
        {
            await socket.ConnectAsync(address, CancellationToken.None).WaitAsync(Eventually.Bound);
        }
        catch
        {
            socket.Dispose();
            throw;
        }

        return new WebSocketClient(database, gateway, socket);
    }

    /// <summary>Asks for a socket that must be refused, and returns the status.</summary>
    public static async Task<int> RefusedAsync(GatewayProcess gateway, string query)
    {
        using var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        var address = new UriBuilder(gateway.Address) { Scheme = "ws", Path = "/ws", Query = query }.Uri;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(address, CancellationToken.None).WaitAsync(Eventually.Bound));
        return (int)socket.HttpStatusCode;
    }

    /// <summary>Sends one message in fragments.</summary>
    public async Task SendFragmentsAsync(byte[] message, int fragmentBytes)
    {
        for (var start = 0; start < message.Length; start += fragmentBytes)
        {
            var end = Math.Min(start + fragmentBytes, message.Length);
            await _socket.SendAsync(
                message.AsMemory(start..end), WebSocketMessageType.Text, end == message.Length, CancellationToken.None);
        }
    }

    /// <inheritdoc/>
    public override async Task<HttpResponseMessage?> SendRawAsync(byte[] message)
    {
        await _socket.SendAsync(message, WebSocketMessageType.Text, endOfMessage: true, CancellationToken.None);
        return null;
    }

    /// <summary>Sends a binary frame.</summary>
    public Task SendBinaryAsync(byte[] message) =>
        _socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, CancellationToken.None);

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(Eventually.Bound);
            if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, timeout.Token);
            }

            await _reading.WaitAsync(timeout.Token);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException)
        {
            // It is gone already.
        }

        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        var buffer = new byte[64 * 1024];
        using var message = new MemoryStream();
        try
        {
            while (true)
            {
                var received = await _socket.ReceiveAsync(buffer, CancellationToken.None);
                if (received.MessageType == WebSocketMessageType.Close)
                {
                    return;
                }

                message.Write(buffer, 0, received.Count);
                if (received.EndOfMessage)
                {
                    Receive(Text(message.ToArray()));
                    message.SetLength(0);
                }
            }
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The socket has ended, by either side.
        }
        finally
        {
            ReceiveEnd();
        }
    }
}
