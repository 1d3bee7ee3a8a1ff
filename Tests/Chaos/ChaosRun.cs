using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Clients;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Chaos.Slots;
using Realtime.Tests.Cluster;

namespace Realtime.Tests.Chaos;

/// <summary>One run: a cluster of its own, clients that don't stop, faults, and the verdict.</summary>
internal sealed class ChaosRun : IAsyncDisposable
{
    private static readonly TimeSpan Settling = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(500);

    private readonly string _name;
    private readonly ChaosOptions _options;
    private readonly Timeline _timeline;
    private readonly ChaosCluster _cluster;
    private readonly RunTenant[] _tenants;
    private readonly FaultLog _faults;
    private readonly Fleet _fleet;

    private ChaosRun(string name, ChaosOptions options, Timeline timeline, ChaosCluster cluster, RunTenant[] tenants)
    {
        (_name, _options, _timeline, _cluster, _tenants) = (name, options, timeline, cluster, tenants);
        var random = new Random(options.Seed);
        _faults = new FaultLog(timeline);
        var mood = new FleetMood();
        var clients = tenants.SelectMany(tenant => tenant.Databases.SelectMany(database =>
            FleetPlan.Draw(database, tenant.Clients / tenant.Databases.Length, tenant.IsOverbooked, random))).ToArray();
        _fleet = new Fleet(
            [.. clients.Select(plan => new ChaosClient(plan, cluster.Ingress, _faults, mood, timeline))],
            [.. Databases.SelectMany(database => database.Users.Chunk(2).Take(3).Select((pair, number) => new DocumentWriter(
                $"{database.Name}-writer{number}", database, pair[0], pair[1], random.Next(), cluster.Ingress, _faults, mood, timeline)))],
            () => new PublishedClients(
                [.. tenants.SelectMany(tenant => tenant.Databases.SelectMany(database =>
                    FleetPlan.DrawPublished(database, tenant.Published, tenant.Clients / tenant.Databases.Length, random)))],
                cluster.Ingress, _faults, mood, timeline),
            cluster.Endpoints,
            mood,
            timeline);
        Faults = new FaultRunner(cluster, _fleet, mood, _faults, timeline);
    }

    /// <summary>Lets faults happen.</summary>
    public FaultRunner Faults { get; }

    /// <summary>Time since the run began.</summary>
    public TimeSpan Elapsed => _timeline.Clock.Now;

    private IEnumerable<ChaosDatabase> Databases => _tenants.SelectMany(static tenant => tenant.Databases);

    /// <summary>Starts cluster and clients, and returns when all clients are members.</summary>
    /// <param name="name">Of the run, and of its files.</param>
    /// <param name="options">How hard it is.</param>
    /// <param name="programs">The programs that it begins with; those of this build if null.</param>
    public static async Task<ChaosRun> StartAsync(string name, ChaosOptions options, ClusterPrograms? programs = null)
    {
        var timeline = new Timeline(new RunClock()) { Watcher = RunReport.Watcher };
        var plans = RunTenant.Draw(options.Clients);
        ChaosRun run;
        var cluster = await ChaosCluster.StartAsync(programs, [.. plans.Select(static plan => (plan.Plan, plan.Limit))]);
        try
        {
            timeline.Add("the cluster is ready");
            var tenants = new List<RunTenant>();
            foreach (var plan in plans)
            {
                var (id, databases) = await cluster.CreateTenantAsync(plan.Plan, plan.Limit, plan.DatabaseNames);
                tenants.Add(plan with { Id = id, Databases = databases });
            }

            run = new ChaosRun(name, options, timeline, cluster, [.. tenants]);
        }
        catch
        {
            await cluster.DisposeAsync();
            throw;
        }

        try
        {
            await run._fleet.StartAsync();
            timeline.Add($"{run._fleet.Members} of {run._fleet.Size} clients are members");
            return run;
        }
        catch
        {
            await run.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends the load, gives everything time to arrive, compares, and fails if a promise was broken.</summary>
    public async Task FinishAsync()
    {
        _timeline.Add("the load ends");
        await _fleet.QuietenAsync();
        await _fleet.VerifyDocumentsAsync();
        await CheckSlotsInUseAsync();
        await SettleAsync();
        _timeline.Report(Databases.SelectMany(static database => database.Histories).SelectMany(static history => HistoryChecker.Check(history, isQuiet: true)));
        _timeline.Report(_tenants.SelectMany(tenant => SlotChecker.Check(tenant.Databases[0].Slots, Pauses(), Elapsed)));
        await _fleet.StopAsync();
        await CheckSlotsReturnAsync();
        _timeline.Report(ConnectionKeeping.Check(_faults.All));
        _timeline.Report(SessionKeeping.Check(_faults.All));
        _timeline.Report(Waits.Check(_faults.All, [.. Databases]));

        var verdict = Verdict.Write(_name, _options, _fleet, _faults, [.. Databases], _timeline);
        var failure = await RunReport.WriteAsync(_name, _options.Seed, verdict, _timeline, _cluster);
        Assert.True(failure is null, $"{verdict}\nThe timeline is in {failure}");
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await _fleet.DisposeAsync();
        }
        finally
        {
            await _cluster.DisposeAsync();
        }
    }

    /// <summary>Waits until nothing seems lost any more, as long as it may take to arrive.</summary>
    private async Task SettleAsync()
    {
        var until = Elapsed + Settling;
        while (Elapsed < until
            && Databases.SelectMany(static database => database.Histories).Any(static history => HistoryChecker.Check(history, isQuiet: true).Count > 0))
        {
            await Task.Delay(Look);
        }
    }

    private List<GatewayPause> Pauses() =>
    [
        .. _faults.All.Where(static fault => fault.Kind is FaultKind.FreezeGateway or FaultKind.FreezeGatewayPastLease)
            .Select(static fault => new GatewayPause(fault.Target, fault.BeganAt, fault.EndedAt)),
    ];

    /// <summary>While everybody is connected and nobody comes or goes, the operator is told so many connections as there are.</summary>
    private Task CheckSlotsInUseAsync() => Task.WhenAll(_tenants.Select(tenant =>
        ExpectSlotsAsync(tenant, Math.Min(tenant.Limit, ((tenant.Clients / tenant.Databases.Length) + tenant.Published) * tenant.Databases.Length), "while all clients stay connected")));

    private Task CheckSlotsReturnAsync() => Task.WhenAll(_tenants.Select(tenant => ExpectSlotsAsync(tenant, 0, "after all connections have ended")));

    private async Task ExpectSlotsAsync(RunTenant tenant, int expected, string when)
    {
        var until = Elapsed + Patience.SlotsReturn;
        int? counted;
        while ((counted = await _cluster.CountSlotsAsync(tenant.Id)) != expected)
        {
            if (Elapsed > until)
            {
                _timeline.Report(new Violation(
                    Promise.SlotsReturn, tenant.Databases[0].Slots.Tenant, $"{counted?.ToString() ?? "an unknown number of"} slots are in use, and not {expected}, {when}"));
                return;
            }

            await Task.Delay(Look);
        }
    }
}
