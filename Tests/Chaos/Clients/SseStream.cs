using System.Net;
using System.Text;
using Realtime.Tests.Chaos.Backend;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>One response to <c>GET /sse/connect</c>, read as an EventSource reads it: what no blank line ends hasn't been received.</summary>
internal sealed class SseStream : IDisposable
{
    private readonly HttpResponseMessage _response;
    private readonly StreamReader _reader;
    private readonly CancellationTokenSource _cut = new();
    private Task<SseEvent?>? _peeked;

    private SseStream(GatewayEndpoint gateway, HttpResponseMessage response, Stream body, string lastEventId)
    {
        (Gateway, _response, LastEventId) = (gateway, response, lastEventId);
        _reader = new StreamReader(body);
    }

    /// <summary>Who serves it.</summary>
    public GatewayEndpoint Gateway { get; }

    /// <summary>The id of the latest event; empty if none had one.</summary>
    public string LastEventId { get; private set; }

    /// <summary>Why it has ended, as far as this side knows it.</summary>
    public string Reason { get; private set; } = "the stream ended";

    /// <summary>Whether this side has ended it.</summary>
    public bool IsCut { get; private set; }

    /// <summary>Opens a stream.</summary>
    /// <param name="gateway">Where.</param>
    /// <param name="publicKey">The database.</param>
    /// <param name="lastEventId">What has been received before; empty for a new connection.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public static async Task<StreamAttempt> OpenAsync(
        GatewayEndpoint gateway, string publicKey, string lastEventId, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/sse/connect?sbpk={publicKey}");
        if (lastEventId.Length > 0)
        {
            request.Headers.Add("Last-Event-ID", lastEventId);
        }

        HttpResponseMessage? response = null;
        try
        {
            response = await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                var stream = new SseStream(gateway, response, await response.Content.ReadAsStreamAsync(cancellationToken), lastEventId);
                response = null;
                return new StreamAttempt(stream, 200, "");
            }

            return new StreamAttempt(null, (int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
        }
        catch (Exception exception) when (SseWire.IsOutage(exception))
        {
            return new StreamAttempt(null, 0, exception.Message);
        }
        finally
        {
            response?.Dispose();
        }
    }

    /// <summary>Ends it from this side, as a network does that is gone.</summary>
    public void Cut()
    {
        IsCut = true;
        _cut.Cancel();
    }

    /// <summary>The next event, which stays the next one; null at the end.</summary>
    public Task<SseEvent?> PeekAsync() => _peeked ??= ReadAsync();

    /// <summary>The next event; null at the end.</summary>
    public async Task<SseEvent?> NextAsync()
    {
        var next = PeekAsync();
        _peeked = null;
        return await next;
    }

    public void Dispose()
    {
        _cut.Cancel();
        _response.Dispose();
        _reader.Dispose();
    }

    private async Task<SseEvent?> ReadAsync()
    {
        string? id = null;
        byte[]? data = null;
        var isEvent = false;
        try
        {
            while (await _reader.ReadLineAsync(_cut.Token) is { } line)
            {
                if (line.Length == 0 && isEvent)
                {
                    LastEventId = id ?? LastEventId;
                    return new SseEvent(data);
                }

                isEvent |= line.StartsWith(':');
                if (line.StartsWith("id: ", StringComparison.Ordinal))
                {
                    (id, isEvent) = (line["id: ".Length..], true);
                }
                else if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    (data, isEvent) = (Encoding.UTF8.GetBytes(line["data: ".Length..]), true);
                }
            }
        }
        catch (Exception exception) when (SseWire.IsOutage(exception))
        {
            Reason = exception.Message;
        }

        return null;
    }
}

/// <summary>What a stream brought.</summary>
/// <param name="Json">A message; null for a heartbeat.</param>
internal sealed record SseEvent(byte[]? Json);

/// <summary>What came of an attempt to open a stream.</summary>
/// <param name="Stream">The stream, if there is one.</param>
/// <param name="Status">The HTTP status; 0 if there was no answer.</param>
/// <param name="Text">Why there is no stream.</param>
internal sealed record StreamAttempt(SseStream? Stream, int Status, string Text);
