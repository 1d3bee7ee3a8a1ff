using System.Net.WebSockets;
using Microsoft.AspNetCore.Http.Metadata;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Quotas;
using Realtime.Gateway.Transports;

namespace Realtime.Gateway.Http;

/// <content>WebSockets.</content>
internal sealed partial class RealtimeEndpoints
{
    private const string SocketPath = "/ws";

    private static readonly IResult NotASocket =
        Replies.Text(StatusCodes.Status400BadRequest, "this address takes WebSocket connections only");

    // For the metrics of requests, as if it had been routed to.
    private static readonly Endpoint SocketEndpoint = new(null, new EndpointMetadataCollection(new SocketRoute()), SocketPath);

    /// <summary>
    /// Whether a request is to become a WebSocket. Those go by what others need, above all CORS, whose scope of services
    /// would live as long as the connection.
    /// </summary>
    public static bool IsSocket(HttpContext http) =>
        http.Request.Path.StartsWithSegments(SocketPath, StringComparison.OrdinalIgnoreCase, out var rest)
        && rest.Value is null or "" or "/"
        && (http.Request.Headers.Upgrade.Count > 0 || HttpMethods.IsConnect(http.Request.Method));

    /// <summary>Opens the WebSockets of <see cref="IsSocket"/>.</summary>
    public static void RunSockets(IApplicationBuilder sockets)
    {
        var endpoints = sockets.ApplicationServices.GetRequiredService<RealtimeEndpoints>();
        sockets.Run(endpoints.OpenSocketAsync);
    }

    private async Task OpenSocketAsync(HttpContext http)
    {
        http.SetEndpoint(SocketEndpoint);
        if (!http.WebSockets.IsWebSocketRequest)
        {
            await NotASocket.ExecuteAsync(http);
            return;
        }

        if (!rates.TryTakeStream(http))
        {
            metrics.RefusedByRate();
            await Replies.Error(RealtimeError.TemporarilyUnavailable).ExecuteAsync(http);
            return;
        }

        if (http.Request.Query.ContainsKey("sbpk"))
        {
            await OpenKeyedSocketAsync(http);
            return;
        }

        // It belongs to no database before it has authenticated, so only the server's own bound counts.
        if (!registry.TryAddUnassigned(limits.Value.MaxUnauthenticatedSockets))
        {
            metrics.RefusedByRate();
            await Replies.Error(RealtimeError.TemporarilyUnavailable).ExecuteAsync(http);
            return;
        }

        var connection = new Connection(TransportKind.WebSocket, null, limits.Value, time);
        try
        {
            await RunSocketAsync(http, connection);
        }
        finally
        {
            if (connection.Database is null)
            {
                registry.RemoveUnassigned();
            }
        }
    }

    private async Task OpenKeyedSocketAsync(HttpContext http)
    {
        var opening = await AcquireAsync(http);
        if (opening.Error is { } refused)
        {
            await Replies.Error(refused).ExecuteAsync(http);
            return;
        }

        if (opening.Outcome != SlotOutcome.Granted)
        {
            await (opening.Outcome == SlotOutcome.Full ? RefuseFullAsync(http) : RefuseUndecidedAsync(http));
            return;
        }

        await RunSocketAsync(http, Create(TransportKind.WebSocket, opening.Database!));
    }

    private async Task RunSocketAsync(HttpContext http, Connection connection)
    {
        try
        {
            await using var socket = await WebSocketUpgrade.AcceptAsync(http, new WebSocketAcceptContext
            {
                KeepAliveInterval = limits.Value.WebSocketPing,
                KeepAliveTimeout = limits.Value.WebSocketPing * 2,
            });
            await connections.OpenAsync(connection);
            connection.Enqueue(new OutboxItem(MessageEncoder.Init(connection.SidText), OutboxItem.NoSlot));
            await sockets.RunAsync(socket, connection, http.RequestAborted);
        }
        catch (Exception exception) when (exception is WebSocketException or OperationCanceledException or IOException)
        {
            // The client has left while it was being connected.
        }
        catch (Exception exception) when (exception is TimeoutException or OrleansException)
        {
            // The upgrade is done, so the end of the connection is the only answer left.
            LogOpenFailed(exception);
        }
        finally
        {
            await connections.CloseAsync(connection);
        }
    }

    private Task RefuseUndecidedAsync(HttpContext http)
    {
        metrics.RefusedUndecided();
        return Replies.Error(RealtimeError.TemporarilyUnavailable).ExecuteAsync(http);
    }

    private sealed class SocketRoute : IRouteDiagnosticsMetadata
    {
        public string Route => SocketPath;
    }
}
