using System.Net.Http.Headers;

namespace Realtime.Tests.Infrastructure;

/// <summary>A client over Server-Sent Events and POST.</summary>
public sealed class SseClient : RealtimeClient
{
    private readonly HttpResponseMessage _response;
    private readonly CancellationTokenSource _closed = new();
    private readonly Task _reading;
    private int _comments;

    private SseClient(TestDatabase database, GatewayProcess gateway, HttpResponseMessage response, string lastEventId = "")
        : base(database, gateway)
    {
        (_response, LastEventId) = (response, lastEventId);
        _reading = ReadAsync();
    }

    /// <summary>Comment lines received so far.</summary>
    public int Comments => Volatile.Read(ref _comments);

    /// <summary>Headers of the stream.</summary>
    public HttpResponseMessage Response => _response;

    /// <summary>The gateway that its POSTs go to; the one that holds the stream if null.</summary>
    public GatewayProcess? PostGateway { get; set; }

    /// <summary>The id of the last message, as an EventSource keeps it.</summary>
    public string LastEventId { get; private set; } = "";

    /// <summary>Longest id so far.</summary>
    public int LongestId { get; private set; }

    /// <summary>Opens a stream as an EventSource does that has lost one: with the id of the last message.</summary>
    /// <param name="gateway">Where; the same gateway if null.</param>
    /// <param name="lastEventId">Another id.</param>
    public async Task<SseClient> ReconnectAsync(GatewayProcess? gateway = null, string? lastEventId = null)
    {
        gateway ??= Gateway;
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/sse/connect?sbpk={Database.PublicKey}");
        request.Headers.Add("Last-Event-ID", lastEventId ?? LastEventId);
        var response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        Assert.Equal(200, (int)response.StatusCode);
        return new SseClient(Database, gateway, response, lastEventId ?? LastEventId) { Sid = Sid, Token = Token };
    }

    /// <summary>Opens a stream.</summary>
    public static async Task<SseClient> OpenAsync(TestDatabase database, GatewayProcess gateway)
    {
        var response = await RequestAsync(database, gateway);
        Assert.Equal(200, (int)response.StatusCode);
        return new SseClient(database, gateway, response);
    }

    /// <summary>Asks for a stream, whatever the answer.</summary>
    public static Task<HttpResponseMessage> RequestAsync(TestDatabase database, GatewayProcess gateway) =>
        gateway.Http.GetAsync(new Uri($"/sse/connect?sbpk={database.PublicKey}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead);

    /// <inheritdoc/>
    public override async Task<HttpResponseMessage?> SendRawAsync(byte[] message)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sse/msg");
        request.Headers.Add("SB-PUBLIC-KEY", Database.PublicKey);
        request.Content = new ByteArrayContent(message);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        if (Token is not null)
        {
            request.Headers.Authorization = new("Bearer", Token);
        }

        return await (PostGateway ?? Gateway).Http.SendAsync(request);
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _response.Dispose();
        await _reading;
    }

    private async Task ReadAsync()
    {
        try
        {
            var id = LastEventId;
            using var reader = new StreamReader(await _response.Content.ReadAsStreamAsync(_closed.Token));
            while (await reader.ReadLineAsync(_closed.Token) is { } line)
            {
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    id = line["id: ".Length..];
                    LongestId = Math.Max(LongestId, id.Length);
                }
                else if (line.Length == 0)
                {
                    LastEventId = id;
                }
                else if (line.StartsWith(':'))
                {
                    Interlocked.Increment(ref _comments);
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    // Whoever has read the message has its id, too.
                    LastEventId = id;
                    Receive(line["data: ".Length..]);
                }
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or IOException or HttpRequestException)
        {
            // The stream has ended, by either side.
        }
        finally
        {
            ReceiveEnd();
        }
    }
}
