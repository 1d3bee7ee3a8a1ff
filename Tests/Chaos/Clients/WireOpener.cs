using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.Slots;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Clients;

/// <summary>Opens the connections of one client.</summary>
internal sealed class WireOpener(ClientPlan plan, Ingress ingress, FaultLog faults, Timeline timeline)
{
    private readonly Random _random = new(plan.Seed);

    /// <summary>Opens a connection.</summary>
    /// <param name="gateway">Where.</param>
    /// <param name="session">Gets what is received.</param>
    /// <param name="slot">What it asks for.</param>
    /// <param name="stream">A stream that is open already; null if there is none.</param>
    /// <param name="stopped">Ends the attempt.</param>
    public async Task<WireAttempt> OpenAsync(
        GatewayEndpoint gateway, ChaosSession session, ConnectionAttempt slot, SseStream? stream, CancellationToken stopped)
    {
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(stopped);
        timeout.CancelAfter(Patience.Connect);
        if (plan.Transport == Transport.WebSocket)
        {
            return await WebSocketWire.OpenAsync(
                gateway, plan.NamesItsKey ? $"?sbpk={plan.Database.PublicKey}" : "", session.Receive, timeout.Token);
        }

        var attempt = stream is null
            ? await SseStream.OpenAsync(gateway, plan.Database.PublicKey, lastEventId: "", timeout.Token)
            : new StreamAttempt(stream, 200, "");
        return new WireAttempt(
            attempt.Stream is null ? null : new SseWire(plan, attempt.Stream, PostTo, Return(session, slot), session.Receive),
            attempt.Status,
            attempt.Text);
    }

    // Every fifth POST arrives at another gateway than the stream's.
    private GatewayEndpoint PostTo() => ingress.Pick(_random.Next(5) == 0 ? plan.Gateway + 1 : plan.Gateway);

    private SessionReturn? Return(ChaosSession session, ConnectionAttempt slot) =>
        plan.ComesBack ? new SessionReturn(session, plan, slot, ingress, faults, timeline) : null;
}
