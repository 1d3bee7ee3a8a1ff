using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>Server-Sent Events and POSTs. A POST may go to any gateway.</summary>
internal sealed class SseWire : Wire
{
    private readonly string _publicKey;
    private readonly string _token;
    private readonly HttpResponseMessage _response;
    private readonly Func<GatewayEndpoint> _postTo;
    private readonly CancellationTokenSource _closed = new();
    private readonly Task _reading;

    private SseWire(
        string publicKey, string token, HttpResponseMessage response, Func<GatewayEndpoint> postTo, Action<ServerMessage> received)
        : base(received)
    {
        (_publicKey, _token, _response, _postTo) = (publicKey, token, response, postTo);
        _reading = ReadAsync();
    }

    /// <summary>Opens a stream.</summary>
    public static async Task<WireAttempt> OpenAsync(
        GatewayEndpoint gateway,
        string publicKey,
        string token,
        Func<GatewayEndpoint> postTo,
        Action<ServerMessage> received,
        CancellationToken cancellationToken)
    {
        try
        {
            var response = await gateway.Http.GetAsync(
                new Uri($"/sse/connect?sbpk={publicKey}", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            if (response.StatusCode == HttpStatusCode.OK)
            {
                return new WireAttempt(new SseWire(publicKey, token, response, postTo, received), 200, "");
            }

            using (response)
            {
                return new WireAttempt(null, (int)response.StatusCode, await response.Content.ReadAsStringAsync(cancellationToken));
            }
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            return new WireAttempt(null, 0, exception.Message);
        }
    }

    /// <inheritdoc/>
    public override async Task<SendOutcome> SendAsync(object command)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sse/msg");
        request.Headers.Add("SB-PUBLIC-KEY", _publicKey);
        request.Headers.Authorization = new("Bearer", _token);
        request.Content = new ByteArrayContent(JsonSerializer.SerializeToUtf8Bytes(command));
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        try
        {
            using var timeout = CancellationTokenSource.CreateLinkedTokenSource(_closed.Token);
            timeout.CancelAfter(Patience.Reply);
            var gateway = _postTo();
            using var response = await gateway.Http.SendAsync(request, timeout.Token);
            if (response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.Unauthorized)
            {
                Trouble = $"{(int)response.StatusCode} '{await response.Content.ReadAsStringAsync(timeout.Token)}' by {gateway.Name}";
                return SendOutcome.Disowned;
            }

            return response.StatusCode == HttpStatusCode.OK ? SendOutcome.Taken : SendOutcome.Unknown;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            return SendOutcome.Unknown;
        }
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _response.Dispose();
        await _reading;
    }

    /// <summary>Whether an exception says that the other side, or the way to it, is gone or too slow.</summary>
    public static bool IsOutage(Exception exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException;

    private async Task ReadAsync()
    {
        var reason = "the stream ended";
        try
        {
            using var reader = new StreamReader(await _response.Content.ReadAsStreamAsync(_closed.Token));
            while (await reader.ReadLineAsync(_closed.Token) is { } line)
            {
                if (line.StartsWith("data: ", StringComparison.Ordinal))
                {
                    Receive(System.Text.Encoding.UTF8.GetBytes(line["data: ".Length..]));
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
