using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Realtime.Tests.Infrastructure;

/// <summary>How a test's client is connected.</summary>
public enum Transport
{
    ServerSentEvents,
    WebSocket,
}

/// <summary>A message of the server.</summary>
public sealed record ServerMessage(string Sid, string Type, string Data, string Channel, string Token, string Raw);

/// <summary>
/// A client that speaks raw frames and keeps every message in order. It does what the published client does on the wire,
/// and also what that would never do.
/// </summary>
public abstract class RealtimeClient : IAsyncDisposable
{
    private static readonly string[] Members = ["channel", "data", "sid", "token", "type"];
    private static readonly string[] MembersWithId = ["channel", "data", "id", "sid", "token", "type"];

    private readonly Channel<ServerMessage> _messages = Channel.CreateUnbounded<ServerMessage>();

    protected RealtimeClient(TestDatabase database, GatewayProcess gateway)
    {
        Database = database;
        Gateway = gateway;
    }

    /// <summary>The database it belongs to.</summary>
    public TestDatabase Database { get; }

    /// <summary>The gateway that holds its connection.</summary>
    public GatewayProcess Gateway { get; }

    /// <summary>Its sid.</summary>
    public string Sid { get; set; } = "";

    /// <summary>The token it sends with what it posts; null before it has authenticated.</summary>
    public string? Token { get; set; }

    /// <summary>Completes when the server has ended the connection.</summary>
    public Task Ended => _messages.Reader.Completion;

    /// <summary>Opens a connection and reads <c>init</c>.</summary>
    public static async Task<RealtimeClient> ConnectAsync(TestDatabase database, Transport transport, GatewayProcess gateway)
    {
        RealtimeClient client = transport == Transport.WebSocket
            ? await WebSocketClient.OpenAsync(database, gateway)
            : await SseClient.OpenAsync(database, gateway);
        var init = await client.ExpectAsync("init");
        client.Sid = init.Data;
        return client;
    }

    /// <summary>Sends bytes as one message, however malformed. Over SSE the answer of the POST is returned.</summary>
    public abstract Task<HttpResponseMessage?> SendRawAsync(byte[] message);

    /// <inheritdoc/>
    public abstract ValueTask DisposeAsync();

    /// <summary>Sends a command in the form of the published client.</summary>
    public async Task SendAsync(string type, string? data = null, string? channel = null)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new { sid = Sid, token = Token, type, data, channel });
        using var response = await SendRawAsync(json);
        if (response is not null)
        {
            Assert.True(response.IsSuccessStatusCode, $"{type}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
            Assert.Equal("true", await response.Content.ReadAsStringAsync());
        }
    }

    /// <summary>Sends text as one message.</summary>
    public Task<HttpResponseMessage?> SendTextAsync(string message) => SendRawAsync(Encoding.UTF8.GetBytes(message));

    /// <summary>Sends into a channel that this client is no member of, and reads the reply.</summary>
    public async Task PublishAsync(string channel, string data)
    {
        await SendAsync("chan_in", data, channel);
        await ExpectAsync("ok", "");
    }

    /// <summary>Sends into a channel that this client is a member of, and reads both the reply and its own message.</summary>
    public async Task PublishAsMemberAsync(string channel, string data)
    {
        await SendAsync("chan_in", data, channel);
        Assert.Equal(
            [("chan_out", data, channel), ("ok", "", "")],
            (await TakeAsync(2)).OrderBy(static m => m.Type, StringComparer.Ordinal).Select(static m => (m.Type, m.Data, m.Channel)));
    }

    /// <summary>Waits until the server has ended the connection.</summary>
    public async Task ExpectEndAsync()
    {
        try
        {
            await Ended.WaitAsync(Eventually.Bound);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"waited in vain for the end of connection {Sid}");
        }
    }

    /// <summary>Authenticates as a user and reads the reply.</summary>
    public async Task AuthenticateAsync(TestUser user)
    {
        Token = user.Token;
        await SendAsync("auth", user.Token);
        Assert.Equal(user.Token, (await ExpectAsync("token")).Data);
    }

    /// <summary>Joins a channel and reads the reply.</summary>
    public async Task JoinAsync(string channel)
    {
        await SendAsync("join", channel);
        Assert.Equal(channel, (await ExpectAsync("joined")).Data);
    }

    /// <summary>The next message.</summary>
    public async Task<ServerMessage> NextAsync()
    {
        try
        {
            return await _messages.Reader.ReadAsync().AsTask().WaitAsync(Eventually.Bound);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"waited in vain for a message on connection {Sid}");
        }
    }

    /// <summary>The next message, which must have a type.</summary>
    public async Task<ServerMessage> ExpectAsync(string type)
    {
        var message = await NextAsync();
        Assert.True(message.Type == type, $"expected {type}, got {message.Raw}");
        return message;
    }

    /// <summary>The next message, which must have a type and data.</summary>
    public async Task<ServerMessage> ExpectAsync(string type, string data)
    {
        var message = await ExpectAsync(type);
        Assert.Equal(data, message.Data);
        return message;
    }

    /// <summary>The next message, which must be of a sender in a channel.</summary>
    public async Task ExpectChanOutAsync(RealtimeClient sender, string channel, string data)
    {
        var message = await ExpectAsync("chan_out", data);
        Assert.Equal((sender.Sid, channel, ""), (message.Sid, message.Channel, message.Token));
    }

    /// <summary>The next messages, in the order of arrival.</summary>
    public async Task<ServerMessage[]> TakeAsync(int count)
    {
        var messages = new ServerMessage[count];
        for (var i = 0; i < count; i++)
        {
            messages[i] = await NextAsync();
        }

        return messages;
    }

    /// <summary>The next message, which must be an error with a text.</summary>
    public async Task ExpectErrorAsync(string text) => Assert.Equal(text, (await ExpectAsync("error")).Data);

    /// <summary>
    /// Shows that nothing is waiting: an echo that is sent now is the next message. What another path of the server may
    /// still bring is fenced by the test itself.
    /// </summary>
    public async Task ExpectNothingAsync()
    {
        var marker = Guid.NewGuid().ToString();
        await SendAsync("echo", marker);
        var message = await NextAsync();
        Assert.True(message.Data == $"echo: {marker}", $"expected nothing, got {message.Raw}");
    }

    /// <summary>
    /// Takes a message off the wire. It has exactly the five members, all of them strings (protocol 1.2); on a WebSocket that
    /// has asked for ids there is one more (protocol 1.9).
    /// </summary>
    /// <param name="json">The message.</param>
    /// <param name="onId">Takes the id, if there is one; null if none may be there.</param>
    protected void Receive(string json, Action<string>? onId = null)
    {
        try
        {
            using var document = JsonDocument.Parse(json);
            var hasId = onId is not null && document.RootElement.TryGetProperty("id", out _);
            Assert.Equal(hasId ? MembersWithId : Members, document.RootElement.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal));
            string Member(string name) => Read(document.RootElement.GetProperty(name));
            if (hasId)
            {
                onId!(Member("id"));
            }

            _messages.Writer.TryWrite(new ServerMessage(Member("sid"), Member("type"), Member("data"), Member("channel"), Member("token"), json));
        }
        catch (Exception exception)
        {
            // The test learns of it when it reads on.
            _messages.Writer.TryComplete(new InvalidDataException($"no message of the protocol: {json}", exception));
        }
    }

    /// <summary>States that the server has ended the connection.</summary>
    protected void ReceiveEnd() => _messages.Writer.TryComplete();

    /// <summary>A string; as its escaped token if it holds half of a surrogate pair, which .NET doesn't read.</summary>
    private static string Read(JsonElement member)
    {
        Assert.Equal(JsonValueKind.String, member.ValueKind);
        try
        {
            return member.GetString()!;
        }
        catch (InvalidOperationException)
        {
            return member.GetRawText();
        }
    }

    /// <summary>The message as text, for transports that need it.</summary>
    protected static string Text(byte[] message) => Encoding.UTF8.GetString(message);
}
