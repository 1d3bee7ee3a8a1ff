using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Realtime.Documents;
using Realtime.Gateways;
using Realtime.Quotas;

namespace Realtime.Telemetry;

/// <summary>
/// What the grains of this silo count; docs/operations.md lists it. Tags come from closed sets: who a tenant, a user, a
/// channel or a repository is never becomes one.
/// </summary>
internal sealed class GrainMetrics : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "Realtime.Grains";

    private readonly ConcurrentDictionary<QuotaUse, bool> _quotas = new();
    private readonly Counter<long> _publications;
    private readonly Histogram<int> _gateways;
    private readonly Histogram<int> _commitWrites;
    private readonly Histogram<double> _commitDuration;
    private readonly Counter<long> _writes;
    private readonly Counter<long> _changes;
    private readonly Counter<long> _slots;
    private readonly Counter<long> _inboxFailures;
    private readonly Counter<long> _recoveries;

    public GrainMetrics(IMeterFactory meters, IGatewayRoster roster)
    {
        var meter = meters.Create(MeterName);
        _publications = meter.CreateCounter<long>("realtime.grains.publications", "{publication}", "Messages that channels have ordered.");
        _gateways = meter.CreateHistogram(
            "realtime.grains.fanout",
            "{gateway}",
            "Gateways that a batch of publications was sent to.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [0, 1, 2, 3, 5, 10, 20, 50, 100] });
        _commitWrites = meter.CreateHistogram(
            "realtime.grains.documents.commit.writes",
            "{write}",
            "Writes that were committed together.",
            advice: new InstrumentAdvice<int> { HistogramBucketBoundaries = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512] });
        _commitDuration = meter.CreateHistogram(
            "realtime.grains.documents.commit.duration",
            "s",
            "Time that the document store took for a commit.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
            });
        _writes = meter.CreateCounter<long>("realtime.grains.documents.writes", "{write}", "Document writes, by outcome.");
        _changes = meter.CreateCounter<long>("realtime.grains.documents.changes", "{document}", "Documents that were changed, by kind.");
        _slots = meter.CreateCounter<long>("realtime.grains.quota.requests", "{slot}", "Connection slots that gateways asked for, by outcome.");
        _inboxFailures = meter.CreateCounter<long>(
            "realtime.grains.inbox.failures", "{message}", "Messages that could not be handed to a gateway's inbox.");
        _recoveries = meter.CreateCounter<long>(
            "realtime.grains.channels.recoveries", "{channel}", "Channels that were begun anew after their activation was lost, by outcome.");
        meter.CreateObservableUpDownCounter(
            "realtime.grains.quota.slots", () => SumByPlan(static use => use.InUse), "{slot}", "Connection slots in use, by plan.");
        meter.CreateObservableUpDownCounter(
            "realtime.grains.quota.limit", () => SumByPlan(static use => use.Limit), "{slot}", "Connection slots that tenants in use may have, by plan.");
        meter.CreateObservableUpDownCounter(
            "realtime.grains.quota.full", () => SumByPlan(static use => use.InUse >= use.Limit ? 1 : 0), "{tenant}", "Tenants whose plan is full, by plan.");
        meter.CreateObservableGauge(
            "realtime.grains.gateways", () => roster.Live.Length, "{gateway}", "Gateways that this silo knows to be live.");
    }

    /// <summary>Says that nothing has gone wrong yet, once those who collect are there: a series that begins with a failure shows no rate.</summary>
    /// <param name="lifecycle">The silo's life.</param>
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        nameof(GrainMetrics),
        ServiceLifecycleStage.RuntimeInitialize,
        _ =>
        {
            Array.ForEach(["ok", "refused", "failed"], outcome => _writes.Add(0, Outcome(outcome)));
            Array.ForEach(["granted", "full", "undecided"], outcome => _slots.Add(0, Outcome(outcome)));
            Array.ForEach(["continued", "without_past"], outcome => _recoveries.Add(0, Outcome(outcome)));
            _publications.Add(0);
            _inboxFailures.Add(0);
            return Task.CompletedTask;
        });

    public void Published(int publications, int gateways)
    {
        _publications.Add(publications);
        _gateways.Record(gateways);
    }

    /// <summary>States what the document store made of a batch of writes.</summary>
    public void Committed(IReadOnlyList<DocumentWriteResult> results, TimeSpan duration)
    {
        _commitWrites.Record(results.Count);
        _commitDuration.Record(duration.TotalSeconds);
        foreach (var result in results)
        {
            _writes.Add(1, Outcome(result.Error is null ? "ok" : "refused"));
            foreach (var change in result.Changes)
            {
                _changes.Add(1, Tag("kind", change.Kind switch
                {
                    ChangeKind.Created => "created",
                    ChangeKind.Updated => "updated",
                    _ => "deleted",
                }));
            }
        }
    }

    /// <summary>The document store could not say what became of a batch of writes.</summary>
    public void CommitFailed(int writes) => _writes.Add(writes, Outcome("failed"));

    public void SlotsRequested(int wanted, SlotGrant grant)
    {
        if (grant.Granted > 0)
        {
            _slots.Add(grant.Granted, Outcome("granted"));
        }

        if (wanted > grant.Granted)
        {
            _slots.Add(wanted - grant.Granted, Outcome(grant.IsUndecided ? "undecided" : "full"));
        }
    }

    /// <summary>A channel was begun anew of which somebody knew a past.</summary>
    /// <param name="hasPast">Whether its order continues; else its members are ended and begin anew.</param>
    public void Recovered(bool hasPast) => _recoveries.Add(1, Outcome(hasPast ? "continued" : "without_past"));

    public void InboxFailed() => _inboxFailures.Add(1);

    /// <summary>Has a tenant's slots counted until <see cref="Remove"/>.</summary>
    public void Add(QuotaUse use) => _quotas[use] = true;

    public void Remove(QuotaUse use) => _quotas.TryRemove(use, out _);

    private static KeyValuePair<string, object?> Outcome(string outcome) => Tag("outcome", outcome);

    private static KeyValuePair<string, object?> Tag(string name, string value) => new(name, value);

    private IEnumerable<Measurement<int>> SumByPlan(Func<QuotaUse, int> value) => _quotas.Keys
        .GroupBy(static use => use.Plan, StringComparer.Ordinal)
        .Select(plan => new Measurement<int>(plan.Sum(value), Tag("plan", plan.Key)));
}
