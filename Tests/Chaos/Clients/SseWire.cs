using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>Server-Sent Events and POSTs. A POST may go to any gateway; so may the next stream of a client that comes back.</summary>
internal sealed class SseWire : Wire
{
    private readonly ClientPlan _plan;
    private readonly Func<GatewayEndpoint> _postTo;
    private readonly SessionReturn? _return;
    private readonly CancellationTokenSource _closed = new();
    private readonly Task _running;
    private volatile SseStream _stream;
    private volatile bool _isAway;

    /// <summary>Takes over a stream.</summary>
    /// <param name="plan">The client.</param>
    /// <param name="stream">The stream.</param>
    /// <param name="postTo">Chooses where each POST goes.</param>
    /// <param name="return">How it goes on when the stream is lost; null if that is its end.</param>
    /// <param name="received">Gets each message.</param>
    public SseWire(ClientPlan plan, SseStream stream, Func<GatewayEndpoint> postTo, SessionReturn? @return, Action<ServerMessage> received)
        : base(received)
    {
        (_plan, _stream, _postTo, _return) = (plan, stream, postTo, @return);
        _running = RunAsync();
    }

    /// <inheritdoc/>
    public override GatewayEndpoint Gateway => _stream.Gateway;

    /// <inheritdoc/>
    public override bool IsAway => _isAway || _stream.IsCut;

    /// <summary>With what its client begins anew when it has ended; null if it has to ask for it.</summary>
    public FreshStream? Beginning => _return?.Beginning;

    /// <summary>Cuts the stream, as a network does that is gone.</summary>
    public void Cut() => _stream.Cut();

    /// <inheritdoc/>
    public override async Task<SendOutcome> SendAsync(object command)
    {
        var wasAway = IsAway;
        var outcome = await PostAsync(command);
        if (wasAway)
        {
            _return?.CountPost(outcome);
        }

        return outcome;
    }

    /// <inheritdoc/>
    public override async ValueTask DisposeAsync()
    {
        await _closed.CancelAsync();
        _stream.Cut();
        await _running;
        _return?.Leave();
    }

    /// <summary>Whether an exception says that the other side, or the way to it, is gone or too slow.</summary>
    public static bool IsOutage(Exception exception) =>
        exception is HttpRequestException or IOException or OperationCanceledException or ObjectDisposedException;

    private async Task<SendOutcome> PostAsync(object command)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/sse/msg");
        request.Headers.Add("SB-PUBLIC-KEY", _plan.Database.PublicKey);
        request.Headers.Authorization = new("Bearer", _plan.User.Token);
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
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConnectionError)
        {
            return SendOutcome.NotSent;
        }
        catch (Exception exception) when (IsOutage(exception))
        {
            return SendOutcome.Unknown;
        }
    }

    private async Task RunAsync()
    {
        var reason = "";
        try
        {
            SseStream? next = _stream;
            while (next is { } stream)
            {
                using (stream)
                {
                    await ReadAsync(stream);
                    _isAway = true;
                }

                // Without an id it would be another connection.
                (next, reason) = _return is null || _closed.IsCancellationRequested || stream.LastEventId.Length == 0
                    ? (null, stream.Reason)
                    : await _return.ComeBackAsync(stream, _closed.Token);
            }
        }
        finally
        {
            End(reason);
        }
    }

    private async Task ReadAsync(SseStream stream)
    {
        _stream = stream;
        _isAway = false;
        if (_closed.IsCancellationRequested)
        {
            stream.Cut();
        }

        while (await stream.NextAsync() is { } next)
        {
            if (next.Json is { } json)
            {
                Receive(json);
            }
        }
    }
}
