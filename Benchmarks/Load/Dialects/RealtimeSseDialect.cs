using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Dialects;

/// <summary>This backend over Server-Sent Events: commands are posted (protocol 1.5).</summary>
internal sealed class RealtimeSseDialect(string publicKey) : Dialect, IDisposable
{
    private readonly HttpClient _http = new(new SocketsHttpHandler { MaxConnectionsPerServer = 16 });

    /// <inheritdoc/>
    public override StreamKind Kind => StreamKind.Events;

    protected override string GetPath(Client client) => $"/sse/connect?sbpk={publicKey}";

    /// <inheritdoc/>
    public override void OnOpen(Client client, Reactor reactor)
    {
        // The server speaks first.
    }

    /// <inheritdoc/>
    public override void OnMessage(Client client, ReadOnlySpan<byte> message, Reactor reactor)
    {
        if (client.State == ClientState.Ready)
        {
            if (message.IndexOf("\"type\":\"error\""u8) >= 0)
            {
                reactor.CountError(Encoding.UTF8.GetString(message));
            }

            return;
        }

        var envelope = JsonSerializer.Deserialize<JsonElement>(message);
        var sid = envelope.GetProperty("sid").GetString()!;
        var token = client.Role.Credential;
        switch (envelope.GetProperty("type").GetString())
        {
            case "init":
                _ = PostAsync(client, new { sid, token, type = "auth", data = token }, reactor);
                break;
            case "token":
                _ = PostAsync(client, new { sid, token, type = "join", data = client.Role.ChannelName }, reactor);
                break;
            case "joined":
                reactor.SetReady(client);
                break;
            default:
                reactor.Lose(client, "answered with " + envelope);
                break;
        }
    }

    public void Dispose() => _http.Dispose();

    protected override string GetPublication(string channel, string data) =>
        throw new NotSupportedException("Who publishes does so over a WebSocket.");

    private async Task PostAsync(Client client, object command, Reactor reactor)
    {
        try
        {
            using var content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(command));
            content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
            content.Headers.Add("SB-PUBLIC-KEY", publicKey);
            using var response = await _http.PostAsync(new Uri(client.Role.Address, "/sse/msg"), content);
            response.EnsureSuccessStatusCode();
        }
        catch (HttpRequestException exception)
        {
            reactor.Post(() => reactor.Lose(client, exception.Message));
        }
    }
}
