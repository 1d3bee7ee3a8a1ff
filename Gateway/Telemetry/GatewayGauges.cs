using System.Diagnostics.Metrics;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Hosting;
using Realtime.Gateway.Quotas;

namespace Realtime.Gateway.Telemetry;

/// <summary>What this gateway holds now, looked at when somebody collects it.</summary>
internal sealed class GatewayGauges : IHostedService
{
    private readonly GatewayMetrics _metrics;
    private readonly ConnectionRegistry _connections;

    public GatewayGauges(
        IMeterFactory meters,
        GatewayMetrics metrics,
        ConnectionRegistry connections,
        AbsentSessions absents,
        SlotKeeper slots,
        ChannelHub channels,
        RepositoryHub repositories,
        Readiness readiness)
    {
        (_metrics, _connections) = (metrics, connections);
        var meter = meters.Create(GatewayMetrics.MeterName);
        meter.CreateObservableUpDownCounter("realtime.gateway.connections", CountConnections, "{connection}", "Connections that are open.");
        meter.CreateObservableUpDownCounter(
            "realtime.gateway.outbox.size", () => connections.All.Sum(static connection => connection.Outbox.Bytes), "By", "Bytes that wait to be written.");
        meter.CreateObservableGauge(
            "realtime.gateway.outbox.largest",
            () => connections.All.Select(static connection => connection.Outbox.Bytes).DefaultIfEmpty().Max(),
            "By",
            "Bytes that wait for the slowest connection; it is cut off at Realtime:Limits:OutboxBytes.");
        meter.CreateObservableUpDownCounter(
            "realtime.gateway.outbox.waiting",
            () => connections.All.Count(static connection => connection.Outbox.Bytes > 0),
            "{connection}",
            "Connections that something waits for.");
        meter.CreateObservableUpDownCounter(
            "realtime.gateway.slots", () => slots.CountHeld(), "{slot}", "Connection slots of all plans that this gateway holds.");
        meter.CreateObservableUpDownCounter(
            "realtime.gateway.sessions.absent", () => absents.Count, "{session}", "Sessions that are kept for clients that are away.");
        meter.CreateObservableUpDownCounter(
            "realtime.gateway.channels", () => channels.Count, "{channel}", "Channels that have members here.");
        meter.CreateObservableUpDownCounter(
            "realtime.gateway.repositories", () => repositories.Count, "{repository}", "Repositories whose events have members here.");
        meter.CreateObservableGauge(
            "realtime.gateway.ready", () => readiness.IsReady ? 1 : 0, "{gateway}", "1 while this gateway takes new connections.");
    }

    public Task StartAsync(CancellationToken cancellationToken)
    {
        _metrics.ReportZeros();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<int>> CountConnections()
    {
        var counts = new int[Enum.GetValues<TransportKind>().Length];
        foreach (var connection in _connections.All)
        {
            counts[(int)connection.Transport]++;
        }

        return counts.Select(static (count, transport) => new Measurement<int>(count, GatewayMetrics.TagOf((TransportKind)transport)));
    }
}
