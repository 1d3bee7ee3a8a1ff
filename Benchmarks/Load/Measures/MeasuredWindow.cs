using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Measures;

/// <summary>The part of a run that counts: between its begin and its end everything has reached its pace.</summary>
internal sealed class MeasuredWindow(Target target, Fleet fleet)
{
    private long _begun;
    private long _ended;
    private Reading _first;
    private Reading _last;

    /// <summary>The window begins.</summary>
    public void Begin() => (_begun, _first) = (Clock.Now, Read());

    /// <summary>The window ends.</summary>
    public void End() => (_ended, _last) = (Clock.Now, Read());

    /// <summary>What it has shown. All that was expected has arrived by now, or never will.</summary>
    /// <param name="workload">The workload's name.</param>
    /// <param name="offered">Deliveries per second that were asked for.</param>
    public Measurement Measure(string workload, double? offered)
    {
        var seconds = Clock.Time(_ended - _begun).TotalSeconds;
        var (tally, received) = (fleet.Tally, _last.Received - _first.Received);
        var servers = (_last.Servers - _first.Servers).Cpu.TotalSeconds;
        return new Measurement
        {
            Target = target.Name,
            Workload = workload,
            OfferedPerSecond = offered,
            PerSecond = received / seconds,
            ServerCpuPerMillion = received == 0 ? null : servers * 1e6 / received,
            ServerCores = servers / seconds,
            GeneratorCores = (_last.Generator - _first.Generator).TotalSeconds / seconds,
            P50 = Latency(0.5),
            P90 = Latency(0.9),
            P99 = Latency(0.99),
            P999 = Latency(0.999),
            Lost = tally.Expected - tally.Received,
            Duplicates = tally.Duplicates,
            Reordered = tally.Reordered,
            Failures = tally.Errors + tally.Ended + tally.Misdelivered,
            Failure = tally.Errors + tally.Ended > 0 ? fleet.Reactor.FirstEnd : null,
        };
    }

    private double? Latency(double share) => fleet.Tally.Latencies.Count == 0 ? null : fleet.Tally.Latencies.Quantile(share);

    private Reading Read() => new(ProcessUse.Read(target.ProcessIds), Environment.CpuUsage.TotalTime, fleet.Tally.Received);

    private readonly record struct Reading(ProcessUse Servers, TimeSpan Generator, long Received);
}
