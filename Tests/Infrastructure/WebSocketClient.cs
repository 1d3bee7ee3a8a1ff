using System.Net.WebSockets;
using System.Text.Json;

namespace Realtime.Tests.Infrastructure;

/// <summary>A client over a WebSocket that names no key, as the published client opens it.</summary>
public sealed class WebSocketClient : RealtimeClient
{
    private readonly ClientWebSocket _socket;
    private readonly Task _reading;
    private volatile bool _hasIds;

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

    /// <summary>The id of the last message; empty if this client has not asked for ids.</summary>
    public string LastEventId { get; private set; } = "";

    /// <summary>Messages that only brought an id.</summary>
    public int Heartbeats { get; private set; }

    /// <summary>Opens a socket that can be come back to, authenticates, and joins channels.</summary>
    public static async Task<WebSocketClient> ResumableAsync(TestDatabase database, TestUser user, params string[] channels)
    {
        var client = await OpenAsync(database, database.Gateway);
        await client.ResumeAsync("");
        client.Sid = (await client.ExpectAsync("init")).Data;
        await client.AuthenticateAsync(user);
        foreach (var channel in channels)
        {
            await client.JoinAsync(channel);
        }

        return client;
    }

    /// <summary>Opens another socket and asks to go on with this one's session; what comes after the first <c>init</c> is to be read.</summary>
    /// <param name="gateway">Where; the same gateway if null.</param>
    /// <param name="id">Another id than that of the last message.</param>
    /// <param name="query">See <see cref="OpenAsync"/>.</param>
    public Task<WebSocketClient> ReconnectAsync(GatewayProcess? gateway = null, string? id = null, string query = "") =>
        ResumeAsync(this, gateway ?? Gateway, id ?? LastEventId, query);

    /// <summary>Opens a socket and asks to go on with anybody's session.</summary>
    public static async Task<WebSocketClient> ResumeAsync(RealtimeClient client, GatewayProcess gateway, string id, string query = "")
    {
        var back = await OpenAsync(client.Database, gateway, query);
        back.Token = client.Token;
        await back.ResumeAsync(id);
        back.Sid = client.Sid;
        return back;
    }

    /// <summary>Cuts the socket off, without a farewell.</summary>
    public async Task AbortAsync()
    {
        _socket.Abort();
        await _reading;
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

    private void ReceiveMessage(string json)
    {
        if (!_hasIds)
        {
            Receive(json);
        }
        else if (json.Contains(""","type":"heartbeat",""", StringComparison.Ordinal))
        {
            using var heartbeat = JsonDocument.Parse(json);
            LastEventId = heartbeat.RootElement.GetProperty("id").GetString()!;
            Heartbeats++;
        }
        else
        {
            Receive(json, id => LastEventId = id);
        }
    }

    private async Task ResumeAsync(string id)
    {
        // What the socket is opened with comes before it can have asked.
        await ExpectAsync("init");
        _hasIds = true;
        await SendTextAsync($$"""{"type":"resume","data":"{{id}}"}""");
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
                    ReceiveMessage(Text(message.ToArray()));
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
