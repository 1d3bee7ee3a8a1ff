using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>Members of whom nobody speaks: what they cost to connect, and what they cost to keep.</summary>
internal static class IdleWorkload
{
    // What the first connections make the server load and compile doesn't count.
    private const int FirstClients = 200;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>Runs it.</summary>
    public static Measurement Run(Target target, FanoutRun run)
    {
        var first = Fleet.Open(target, run.Shape with { Channels = Math.Max(1, FirstClients / run.Shape.Members) });
        first.Dispose();
        Thread.Sleep(Rest);
        var before = ProcessUse.Read(target.ProcessIds);
        using var fleet = Fleet.Open(target, run.Shape);
        var opened = ProcessUse.Read(target.ProcessIds);
        fleet.Reactor.PollFor(Rest);
        var window = new MeasuredWindow(target, fleet);
        window.Begin();
        fleet.Reactor.PollFor(run.Length);
        window.End();
        var after = ProcessUse.Read(target.ProcessIds);
        var clients = (double)fleet.Reactor.Clients.Count;
        return window.Measure(run.Workload, null) with
        {
            PerSecond = null,
            KilobytesPerConnection = (after - before).MemoryBytes / 1000 / clients,
            ConnectsPerSecond = fleet.OpenRate,
            ServerCpuPerMillion = (opened - before).Cpu.TotalSeconds * 1e6 / clients,
            P50 = fleet.OpenTimes.Quantile(0.5),
            P90 = fleet.OpenTimes.Quantile(0.9),
            P99 = fleet.OpenTimes.Quantile(0.99),
            P999 = fleet.OpenTimes.Quantile(0.999),
        };
    }
}
