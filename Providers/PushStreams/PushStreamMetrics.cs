using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Realtime.Providers.PushStreams;

/// <summary>Measurements of all push stream providers of a silo.</summary>
internal sealed class PushStreamMetrics : IDisposable
{
    /// <summary>The meter's name, for those who collect it.</summary>
    public const string MeterName = "Realtime.Providers.PushStreams";

    private readonly ConcurrentBag<PushStreamQueues> _observed = [];
    private readonly Meter _meter;
    private readonly bool _ownsMeter;
    private readonly Counter<long> _published;
    private readonly Counter<long> _dropped;

    public PushStreamMetrics(IMeterFactory? meterFactory = null)
    {
        _ownsMeter = meterFactory is null;
        _meter = meterFactory?.Create(new MeterOptions(MeterName)) ?? new Meter(MeterName);
        _published = _meter.CreateCounter<long>("realtime.push_streams.published_events", "{event}", "Events published on this silo.");
        _dropped = _meter.CreateCounter<long>("realtime.push_streams.dropped_events", "{event}", "Events dropped before delivery, by reason.");
        _meter.CreateObservableGauge("realtime.push_streams.pending_events", MeasurePending, "{event}", "Events waiting for an agent.");
    }

    public void Observe(PushStreamQueues queues) => _observed.Add(queues);

    public void Published(string provider, int events) => _published.Add(events, new KeyValuePair<string, object?>("provider", provider));

    public void Dropped(string provider, int events, DropReason reason) => _dropped.Add(
        events,
        new KeyValuePair<string, object?>("provider", provider),
        new KeyValuePair<string, object?>("reason", reason switch
        {
            DropReason.Overflow => "overflow",
            DropReason.DeliveryFailed => "delivery_failed",
            _ => "stopped",
        }));

    public void Dispose()
    {
        // A factory's meters live and die with the factory.
        if (_ownsMeter)
        {
            _meter.Dispose();
        }
    }

    private IEnumerable<Measurement<int>> MeasurePending() => _observed.Select(static queues =>
        new Measurement<int>(queues.PendingEvents, new KeyValuePair<string, object?>("provider", queues.Provider)));
}
