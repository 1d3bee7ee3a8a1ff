using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Clients;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Cluster;

namespace Realtime.Tests.Chaos.Faults;

/// <summary>Lets faults happen to a cluster, one at a time, and waits for the repair of each.</summary>
internal sealed class FaultRunner(ChaosCluster cluster, Fleet fleet, FleetMood mood, FaultLog log, Timeline timeline)
{
    private static readonly TimeSpan FloodLead = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(4);

    // The ingress has given it up by then.
    private static readonly TimeSpan SilenceNoticed = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan CutPause = TimeSpan.FromSeconds(1.5);

    // Until then the cluster waits for a lost gateway; another fault would be a second one at the same time.
    private static readonly TimeSpan GatewayLease = TimeSpan.FromSeconds(16);

    /// <summary>Lets a fault happen, has what it ended started again, and returns when everybody is served again.</summary>
    public async Task RunAsync(Fault fault)
    {
        if (log.All is [.., var latest])
        {
            await ReadyAsync(latest);
        }

        switch (fault.Kind)
        {
            case FaultKind.KillSilo or FaultKind.KillGateway:
                await RestartAsync(fault.Kind, Node(fault), isKilled: true, fault.Length);
                break;
            case FaultKind.StopSilo or FaultKind.StopGateway:
                await RestartAsync(fault.Kind, Node(fault), isKilled: false, fault.Length);
                break;
            case FaultKind.StopSiloInFlood:
                mood.IsFlood = true;
                await Task.Delay(FloodLead);
                await RestartAsync(fault.Kind, Node(fault), isKilled: false, fault.Length, () => mood.IsFlood = false);
                break;
            case FaultKind.KillGatewayAndSilo:
                await KillBothAsync(fault);
                break;
            case FaultKind.CutStreams:
                await CutAsync(fault);
                break;
            case FaultKind.FreezeStorage:
                await FreezeAsync(
                    fault, "storage", () => ServerProcess.SignalAsync(cluster.StorageProcessId, "STOP"), () => ServerProcess.SignalAsync(cluster.StorageProcessId, "CONT"));
                break;
            case FaultKind.FreezePostgres:
                await FreezeAsync(fault, "PostgreSQL", cluster.Postgres.FreezeAsync, cluster.Postgres.ThawAsync);
                break;
            default:
                await FreezeAsync(fault, Node(fault).Name, Node(fault).Process.FreezeAsync, Node(fault).Process.ThawAsync);
                break;
        }
    }

    /// <summary>Stops every process, silos first, and starts it again before the next.</summary>
    /// <param name="kind">Why.</param>
    /// <param name="programs">What is started instead; the same programs if null.</param>
    public async Task RollAsync(FaultKind kind, ClusterPrograms? programs = null)
    {
        foreach (var silo in cluster.Silos)
        {
            await RestartAsync(kind, silo, isKilled: false, TimeSpan.Zero, assembly: programs?.Silo);
        }

        foreach (var gateway in cluster.Gateways)
        {
            await RestartAsync(kind, gateway, isKilled: false, TimeSpan.Zero, assembly: programs?.Gateway);
        }
    }

    private ClusterNode Node(Fault fault) =>
        FaultSchedule.IsOfGateways(fault.Kind) ? cluster.Gateways[fault.Target] : cluster.Silos[fault.Target];

    private async Task KillBothAsync(Fault fault)
    {
        ClusterNode[] nodes = [cluster.Gateways[fault.Target], cluster.Silos[fault.Silo]];
        var record = log.Begin(fault.Kind, nodes[0].Name);
        foreach (var node in nodes)
        {
            node.Process.Kill();
            timeline.Add($"{node.Name} is killed");
        }

        await Task.Delay(fault.Length);
        foreach (var node in nodes)
        {
            await node.StartAgainAsync();
        }

        await RepairAsync(record);
    }

    private async Task CutAsync(Fault fault)
    {
        var record = log.Begin(fault.Kind, "the network");
        while (timeline.Clock.Now - record.BeganAt < fault.Length)
        {
            fleet.CutStreams();
            await Task.Delay(CutPause);
        }

        await RepairAsync(record);
    }

    private async Task RestartAsync(
        FaultKind kind, ClusterNode node, bool isKilled, TimeSpan away, Action? gone = null, string? assembly = null)
    {
        var record = log.Begin(kind, node.Name);
        if (isKilled)
        {
            node.Process.Kill();
        }
        else
        {
            await node.Process.TerminateAsync();
        }

        var exitCode = await node.Process.ExitAsync(Patience.Repair);
        timeline.Add($"{node.Name} has ended with exit code {exitCode}");
        if (!isKilled && exitCode != 0)
        {
            timeline.Report(new Violation(Promise.Repaired, node.Name, $"ended with exit code {exitCode} after SIGTERM"));
        }

        await Task.Delay(away);
        await node.StartAgainAsync(assembly);
        gone?.Invoke();
        await RepairAsync(record);
    }

    private async Task FreezeAsync(Fault fault, string target, Func<Task> freeze, Func<Task> thaw)
    {
        var record = log.Begin(fault.Kind, target);
        await freeze();
        try
        {
            var noticed = fault.Length < SilenceNoticed ? fault.Length : SilenceNoticed;
            await Task.Delay(noticed);
            if (record.IsOfAGateway)
            {
                fleet.LeaveSilent(target);
            }

            await Task.Delay(fault.Length - noticed);
        }
        finally
        {
            await thaw();
            timeline.Add($"{target} goes on");
        }

        await RepairAsync(record);
    }

    /// <summary>Returns when all processes are ready, a message crosses between both gateways, and all clients are members.</summary>
    private async Task RepairAsync(FaultRecord record)
    {
        await ReadyAsync(record);
        record.EndedAt = timeline.Clock.Now;
        timeline.Add("all processes are ready, and messages cross");
        await fleet.AllBackAsync();
        record.RepairedAt = timeline.Clock.Now;
        log.LatestLossAt = record.RepairedAt.Value;
        timeline.Add($"repaired after {(record.RepairedAt - record.BeganAt)!.Value.TotalSeconds:F1} s");
        await fleet.SpreadAsync();
        await CalmAsync(record);
    }

    /// <summary>Returns when all processes are ready, and a message crosses between both gateways.</summary>
    private async Task ReadyAsync(FaultRecord record)
    {
        var startedAt = timeline.Clock.Now;
        while (await FindTroubleAsync() is { } trouble)
        {
            if (timeline.Clock.Now - startedAt > Patience.Repair)
            {
                timeline.Report(new Violation(
                    Promise.Repaired, record.Target,
                    $"{Patience.Repair.TotalSeconds} s after {record.Kind} at {record.BeganAt.TotalSeconds:F3} s: {trouble}"));
                break;
            }

            timeline.Add(trouble);
            await Task.Delay(TimeSpan.FromMilliseconds(300));
        }
    }

    /// <summary>Waits until no connection was lost for a while, so that faults don't meet, and what one does late isn't taken for the work of the next.</summary>
    private async Task CalmAsync(FaultRecord record)
    {
        var until = timeline.Clock.Now + Patience.Return;
        while (timeline.Clock.Now < until
            && (timeline.Clock.Now - log.LatestLossAt < Calm || (record.Kind is FaultKind.KillGateway or FaultKind.KillGatewayAndSilo && timeline.Clock.Now - record.BeganAt < GatewayLease)))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(100));
        }

        await fleet.AllBackAsync();
    }

    private async Task<string?> FindTroubleAsync()
    {
        foreach (var node in cluster.Nodes.Where(static node => node.Process.HasExited))
        {
            // A silo that finds itself declared dead ends; whoever runs it starts it again.
            timeline.Add($"{node.Name} has ended by itself with exit code {await node.Process.ExitAsync()}");
            await node.StartAgainAsync();
        }

        var answers = await Task.WhenAll(cluster.Nodes.Select(static async node => (node.Name, Status: await node.Process.GetHealthAsync("ready"))));
        var unready = string.Join(", ", answers.Where(static answer => answer.Status != System.Net.HttpStatusCode.OK).Select(static answer => answer.Name));
        return unready.Length > 0
            ? $"not ready: {unready}"
            : await cluster.ProbeAsync() is { } trouble ? $"no message crosses: {trouble}" : null;
    }
}
