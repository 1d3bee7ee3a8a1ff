using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>Members of whom nobody speaks: what they cost to connect, and what they cost to keep.</summary>
internal static class IdleWorkload
{
    // What the first connections make the server load doesn't count. They are few: the memory that they leave is used again.
    private const int FirstClients = 200;

    // As many more as it takes until what they run has been compiled for good.
    private const int EarlierFleets = 8;

    private static readonly TimeSpan Rest = TimeSpan.FromSeconds(5);

    /// <summary>Runs it on a server that has just started: what all clients cost who come back to it at once.</summary>
    public static Measurement Run(Target target, FanoutRun run)
    {
        Fleet.Open(target, run.Shape with { Channels = Math.Max(1, FirstClients / run.Shape.Members) }).Dispose();
        return Measure(target, run);
    }

    /// <summary>Runs it when as many have come and gone before: what a client costs that comes any day.</summary>
    public static Measurement RunWarm(Target target, FanoutRun run)
    {
        for (var i = 0; i < EarlierFleets; i++)
        {
            Fleet.Open(target, run.Shape).Dispose();
        }

        // The memory is that of those before.
        return Measure(target, run) with { KilobytesPerConnection = null };
    }

    private static Measurement Measure(Target target, FanoutRun run)
    {
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
