using Microsoft.Extensions.Options;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Transports;

/// <summary>
/// Runs WebSockets: each on the connection that it was opened with or, if its first message asks for it, on that of a
/// session that goes on (protocol 1.9).
/// </summary>
internal sealed class WebSocketSessions(
    ConnectionLifetime connections,
    ConnectionRegistry registry,
    CommandHandler commands,
    SessionResumer resumer,
    SessionHandover handover,
    IOptions<LimitOptions> limits,
    GatewayMetrics metrics,
    TimeProvider time)
{
    /// <summary>Runs one until it has ended. The caller closes the connection that it was opened with.</summary>
    /// <param name="socket">The socket.</param>
    /// <param name="opened">The connection.</param>
    /// <param name="aborted">Set when the network has lost the client.</param>
    public async Task RunAsync(AcceptedWebSocket socket, Connection opened, CancellationToken aborted)
    {
        if (await Transport(socket, opened, cursor: null).RunAsync(mayResume: true, aborted) is not { } id)
        {
            return;
        }

        if (!resumer.IsEnabled || ResumeId.Parse(id) is not { } wanted)
        {
            await BeginAsync(socket, opened, aborted);
            return;
        }

        var client = new ReturningClient(wanted, opened.Database, TransportKind.WebSocket, MessageEncoder.Resumed, opened);
        var resumption = await resumer.ResumeAsync(client, aborted);
        switch (resumption.Outcome)
        {
            case ResumeOutcome.Resumed:
                await GoOnAsync(socket, opened, resumption.Connection!, wanted.Replies, aborted);
                break;
            case ResumeOutcome.Unknown:
                await BeginAsync(socket, opened, aborted);
                break;
            case ResumeOutcome.Full:
                metrics.RefusedByPlan();
                opened.Send(MessageEncoder.Error(ErrorTexts.ConnectionLimit));
                await EndAsync(socket, opened, EndReason.ConnectionLimit, aborted);
                break;
            default:
                // It can be tried again, with the same id.
                metrics.RefusedUndecided();
                await EndAsync(socket, opened, EndReason.GoingAway, aborted);
                break;
        }
    }

    /// <summary>A new session, of a client that wants to come back to it.</summary>
    private async Task BeginAsync(AcceptedWebSocket socket, Connection opened, CancellationToken aborted)
    {
        SessionCursor? cursor = null;
        if (resumer.IsEnabled)
        {
            cursor = new SessionCursor(handover.Remember(opened), replies: 0, time);
        }

        opened.Enqueue(new OutboxItem(MessageEncoder.Init(opened.SidText), OutboxItem.NoSlot));
        await Transport(socket, opened, cursor).RunAsync(mayResume: false, aborted);
    }

    private async Task GoOnAsync(AcceptedWebSocket socket, Connection opened, Connection goneOn, long replies, CancellationToken aborted)
    {
        try
        {
            if (opened.Database is null)
            {
                // Its database is known now, and the server's own bound counts it no more.
                opened.AssignDatabase(goneOn.Database!);
                registry.RemoveUnassigned();
            }

            await connections.CloseAsync(opened);
            await Transport(socket, goneOn, new SessionCursor(goneOn.Session!, replies, time)).RunAsync(mayResume: false, aborted);
        }
        finally
        {
            await connections.CloseAsync(goneOn);
        }
    }

    private async Task EndAsync(AcceptedWebSocket socket, Connection opened, EndReason reason, CancellationToken aborted)
    {
        opened.End(reason);
        await Transport(socket, opened, cursor: null).RunAsync(mayResume: false, aborted);
    }

    private WebSocketTransport Transport(AcceptedWebSocket socket, Connection connection, SessionCursor? cursor) =>
        new(socket, connection, cursor, commands, metrics, limits.Value.MaxMessageBytes);
}
