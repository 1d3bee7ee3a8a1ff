using Realtime.Benchmarks.Load.Clients;
using Realtime.Benchmarks.Load.Dialects;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Servers;

namespace Realtime.Benchmarks.Load.Workloads;

/// <summary>The workloads by name.</summary>
internal sealed class WorkloadRunner(LoadOptions options)
{
    private const double FanoutRate = 20_000;
    private const double RoomsRate = 10_000;
    private const double CrossRate = 1_000;

    /// <summary>Runs one against one server.</summary>
    /// <exception cref="LoadException">It can't be run.</exception>
    public async Task<Measurement> RunAsync(string workload, RunningServer server)
    {
        var target = server.Target;
        return workload switch
        {
            "fanout" => RunFanout(workload, target, 1, 1000, 4, FanoutRate),
            "fanout-100k" => RunFanout(workload, target, 1, 1000, 4, 5 * FanoutRate),
            "fanout-400k" => RunFanout(workload, target, 1, 1000, 4, 20 * FanoutRate),
            "fanout-max" => Saturate(workload, target, 1, 1000, 4, 2 * FanoutRate),
            "rooms" => RunFanout(workload, target, 200, 5, 1, RoomsRate),
            "rooms-max" => Saturate(workload, target, 200, 5, 1, 2 * RoomsRate),
            "cross" => RunFanout(workload, ApartFromMembers(target), 10, 1, 1, CrossRate),
            "ping" => PingPongWorkload.Run(target, MakeRun(workload, 1, 1, 1)),
            "ping64" => PingPongWorkload.Run(target, MakeRun(workload, Scaled(64), 1, 1)),
            "idle" => IdleWorkload.Run(target, MakeRun(workload, Scaled(2000), 5, 0)),
            "connect" => IdleWorkload.RunWarm(target, MakeRun(workload, Scaled(400), 5, 0) with { Length = TimeSpan.FromSeconds(1) }),
            "events" => await DocumentEventsWorkload.RunAsync(server, MakeRun(workload, 1, 0, 0), Math.Max(DocumentEventsWorkload.Readers, Scaled(1000))),
            "events-readers" => await DocumentEventsWorkload.RunAsync(server, MakeRun(workload, 1, 0, 0), DocumentEventsWorkload.Readers),
            "creates" => await CreateAsync(workload, server, 1),
            "creates-bulk" => await CreateAsync(workload, server, PlainInserts.Batch),
            _ => throw new LoadException($"There is no workload '{workload}'."),
        };
    }

    private async Task<Measurement> CreateAsync(string workload, RunningServer server, int batch)
    {
        var run = MakeRun(workload, 1, 0, 0);
        return server.PlainStore is { } store ? await store.MeasureAsync(run) : await DocumentEventsWorkload.CreateAsync(server, run, batch);
    }

    // Publishers of their own: members and publishers connect by turns, so with two gateways each is at the other one.
    private static Target ApartFromMembers(Target target) => target.Members is RealtimeDialect
        ? target with { Publishers = target.Members }
        : throw new LoadException($"Publishers of {target.Name} are members.");

    private Measurement RunFanout(string workload, Target target, int channels, int members, int publishers, double rate)
    {
        var run = MakeFanout(workload, channels, members, publishers);
        using var fleet = Fleet.Open(target, run.Shape);
        return FanoutWorkload.Run(target, fleet, run, options.Rate ?? (rate / options.Scale));
    }

    private Measurement Saturate(string workload, Target target, int channels, int members, int publishers, double firstRate) =>
        FanoutWorkload.Saturate(
            target, MakeFanout(workload, channels, members, publishers), options.Rate ?? (firstRate / options.Scale), Progress.Step);

    private FanoutRun MakeFanout(string workload, int channels, int members, int publishers) => channels == 1
        ? MakeRun(workload, channels, Scaled(members), publishers)
        : MakeRun(workload, Scaled(channels), members, publishers);

    private FanoutRun MakeRun(string workload, int channels, int members, int publishers) => new(
        workload,
        new FleetShape(channels, members, publishers, options.DataBytes),
        TimeSpan.FromSeconds(options.WarmUp),
        TimeSpan.FromSeconds(options.Seconds));

    private int Scaled(int number) => Math.Max(1, number / options.Scale);
}
