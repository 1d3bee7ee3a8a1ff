using Microsoft.Extensions.Options;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Quotas;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;
using Realtime.Gateway.Transports;

namespace Realtime.Gateway.Http;

/// <summary>Opens streams and sockets (protocol 1.5).</summary>
internal sealed partial class RealtimeEndpoints(
    RequestAuthenticator authenticator,
    SlotKeeper slots,
    ConnectionLifetime connections,
    ConnectionRegistry registry,
    WebSocketSessions sockets,
    SessionResumer resumer,
    SessionHandover handover,
    AddressRates rates,
    GatewayMetrics metrics,
    IOptions<LimitOptions> limits,
    TimeProvider time,
    ILogger<RealtimeEndpoints> logger)
{
    private const int RetryAfterSeconds = 30;

    /// <summary>Maps <c>/sse/connect</c>, and the refusal of what comes to <c>/ws</c> without being a WebSocket.</summary>
    public static void Map(IEndpointRouteBuilder routes)
    {
        var endpoints = routes.ServiceProvider.GetRequiredService<RealtimeEndpoints>();
        routes.MapGet("/sse/connect", (HttpContext http) => endpoints.OpenStreamAsync(http));
        routes.Map(SocketPath, static (HttpContext http) => NotASocket.ExecuteAsync(http));
    }

    private async Task OpenStreamAsync(HttpContext http)
    {
        if (!rates.TryTakeStream(http))
        {
            metrics.RefusedByRate();
            await SseTransport.BeginAsync(http);
            return;
        }

        if (ReadLastEventId(http) is { } id && await TryResumeStreamAsync(http, id))
        {
            return;
        }

        var opening = await AcquireAsync(http);
        if (opening.Error is { } refused)
        {
            await Replies.Error(refused).ExecuteAsync(http);
            return;
        }

        if (opening.Outcome == SlotOutcome.Full)
        {
            await RefuseFullAsync(http);
            return;
        }

        if (opening.Outcome == SlotOutcome.Undecided)
        {
            metrics.RefusedUndecided();
            // A refusal would be final in a browser; an empty stream brings it back (protocol 1.5).
            await SseTransport.BeginAsync(http);
            return;
        }

        var connection = Create(TransportKind.ServerSentEvents, opening.Database!);
        var session = resumer.IsEnabled ? handover.Remember(connection) : null;
        try
        {
            await connections.OpenAsync(connection);
            connection.Enqueue(new OutboxItem(MessageEncoder.Init(connection.SidText), OutboxItem.NoSlot));
            await SseTransport.BeginAsync(http);
            await SseTransport.RunAsync(http, connection, session is null ? null : new SessionCursor(session, replies: 0, time), metrics);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has left before the stream began.
        }
        catch (Exception exception) when (!http.Response.HasStarted)
        {
            // No refusal, whatever it was: it would be final in a browser, and the client comes back.
            LogOpenFailed(exception);
            await SseTransport.BeginAsync(http);
        }
        finally
        {
            await connections.CloseAsync(connection);
        }
    }

    private ResumeId? ReadLastEventId(HttpContext http) =>
        resumer.IsEnabled && http.Request.Headers["Last-Event-ID"] is [{ } text] ? ResumeId.Parse(text) : null;

    /// <summary>Goes on with a session; false if its client has to begin anew.</summary>
    private async Task<bool> TryResumeStreamAsync(HttpContext http, ResumeId id)
    {
        var resumption = await ResumeAsync(http, id);
        switch (resumption.Outcome)
        {
            case ResumeOutcome.Unknown:
                return false;
            case ResumeOutcome.Full:
                await RefuseFullAsync(http);
                return true;
            case ResumeOutcome.Undecided:
                metrics.RefusedUndecided();
                await SseTransport.BeginAsync(http);
                return true;
            default:
                await RunResumedAsync(http, resumption.Connection!, id.Replies);
                return true;
        }
    }

    private async Task RunResumedAsync(HttpContext http, Connection connection, long replies)
    {
        try
        {
            await SseTransport.BeginAsync(http);
            await SseTransport.RunAsync(http, connection, new SessionCursor(connection.Session!, replies, time), metrics);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The client has left again.
        }
        finally
        {
            await connections.CloseAsync(connection);
        }
    }

    private async Task<Resumption> ResumeAsync(HttpContext http, ResumeId id)
    {
        Result<DatabaseRef> database;
        try
        {
            database = await authenticator.FindDatabaseAsync(http.Request);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Who can't be told just now whether its key is good hasn't lost its session.
            LogOpenFailed(exception);
            return new Resumption(ResumeOutcome.Undecided, null);
        }

        // Another key is refused as that of a new stream is.
        return database.Value is { PublicKey: var key }
            ? await resumer.ResumeAsync(new ReturningClient(id, key, TransportKind.ServerSentEvents), http.RequestAborted)
            : default;
    }

    /// <summary>A connection that holds the slot that was granted for it.</summary>
    private Connection Create(TransportKind transport, DatabaseRef database)
    {
        var connection = new Connection(transport, database.PublicKey, limits.Value, time);
        connection.HoldSlot(database.TenantId, slots.Release);
        return connection;
    }

    private async Task<Opening> AcquireAsync(HttpContext http)
    {
        try
        {
            var database = await authenticator.FindDatabaseAsync(http.Request);
            return database.Error is { } unknown
                ? new Opening(SlotOutcome.Full, null, unknown)
                : new Opening(await slots.AcquireAsync(database.Value!.TenantId, http.RequestAborted), database.Value, null);
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // The cluster can't tell whether the key is good: no reason to send anybody away for good.
            LogOpenFailed(exception);
            return new Opening(SlotOutcome.Undecided, null, null);
        }
    }

    private async Task RefuseFullAsync(HttpContext http)
    {
        metrics.RefusedByPlan();
        http.Response.Headers.RetryAfter = RetryAfterSeconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        await Replies.Text(StatusCodes.Status429TooManyRequests, ErrorTexts.ConnectionLimit).ExecuteAsync(http);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A connection could not be opened; its client is asked to come back")]
    private partial void LogOpenFailed(Exception exception);

    private readonly record struct Opening(SlotOutcome Outcome, DatabaseRef? Database, RealtimeError? Error);
}
