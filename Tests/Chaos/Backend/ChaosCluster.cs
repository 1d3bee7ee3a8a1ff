using Realtime.Tests.Chaos.Clients;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Chaos.Slots;
using Realtime.Tests.Cluster;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Chaos.Backend;

/// <summary>Three silos, two gateways and their storage, all of them processes of one run.</summary>
internal sealed class ChaosCluster : IAsyncDisposable
{
    private const int SiloCount = 3;
    private const int GatewayCount = 2;
    private const int AccountsPerDatabase = 4;

    private readonly ProcessCluster _processes;
    private readonly GatewayProcess[] _gateways;
    private CrossingProbe? _probe;

    private ChaosCluster(ProcessCluster processes, PostgresServer postgres)
    {
        _gateways = [.. processes.Gateways.Select(static (_, index) => index).Select(processes.Connect)];
        (_processes, Postgres) = (processes, postgres);
        Silos = [.. processes.Silos.Select(static process => new ClusterNode(process))];
        Gateways = [.. processes.Gateways.Select(static process => new ClusterNode(process))];
        Endpoints = [.. Gateways.Select(static gateway => new GatewayEndpoint(gateway.Name, gateway.Process.Address))];
        Ingress = new Ingress(Endpoints);
    }

    /// <summary>The silos.</summary>
    public ClusterNode[] Silos { get; }

    /// <summary>The gateways.</summary>
    public ClusterNode[] Gateways { get; }

    /// <summary>Silos and gateways.</summary>
    public IEnumerable<ClusterNode> Nodes => Silos.Concat(Gateways);

    /// <summary>The gateways as clients know them.</summary>
    public GatewayEndpoint[] Endpoints { get; }

    /// <summary>Where clients come in.</summary>
    public Ingress Ingress { get; }

    /// <summary>The storage of documents.</summary>
    public PostgresServer Postgres { get; }

    /// <summary>The number of the process that stores membership and grain state.</summary>
    public int StorageProcessId => _processes.Azurite.ProcessId;

    /// <summary>Starts everything.</summary>
    /// <param name="builds">The programs; those of this build if null.</param>
    /// <param name="plans">Plans besides the usual ones.</param>
    public static async Task<ChaosCluster> StartAsync(ClusterPrograms? builds, params (string Plan, int Limit)[] plans)
    {
        // A server of its own: it will be frozen, and other tests have theirs.
        var postgres = new PostgresServer();
        try
        {
            return new ChaosCluster(
                await ProcessCluster.StartAsync(
                    postgres, SiloCount, GatewayCount, builds ?? ClusterPrograms.OfThisBuild, [
                        ("Realtime:DrainTime", "00:00:02"),
                        .. plans.Select(static plan => ($"Realtime:Plans:{plan.Plan}", $"{plan.Limit}"))]),
                postgres);
        }
        catch
        {
            await postgres.DisposeAsync();
            throw;
        }
    }

    /// <summary>Creates a tenant on a plan, with databases and their users.</summary>
    /// <param name="plan">Its plan.</param>
    /// <param name="limit">Connections of the plan.</param>
    /// <param name="names">Names of the databases.</param>
    public async Task<(string TenantId, ChaosDatabase[] Databases)> CreateTenantAsync(string plan, int limit, params string[] names)
    {
        var gateway = _gateways[0];
        var tenant = await gateway.Operator.CreateTenantAsync(plan);
        var slots = new SlotHistory($"tenant on {plan}", limit);
        var databases = new List<ChaosDatabase>();
        foreach (var name in names)
        {
            var database = await gateway.Operator.CreateDatabaseAsync(gateway, tenant);
            var users = new List<ChaosUser>();
            for (var account = 0; account < AccountsPerDatabase; account++)
            {
                var owner = await database.RegisterAsync();
                users.AddRange(((TestUser[])[owner, await database.AddUserAsync(owner)])
                    .Select(static user => new ChaosUser(new Person(user.Id, user.AccountId), user.Token)));
            }

            databases.Add(new ChaosDatabase(name, database.PublicKey, slots, users));
        }

        return (tenant, [.. databases]);
    }

    /// <summary>Tries whether messages cross between the gateways.</summary>
    /// <returns>What didn't work; null if everything did.</returns>
    public async Task<string?> ProbeAsync()
    {
        if (_probe is null)
        {
            var gateway = _gateways[0];
            var database = await gateway.Operator.CreateDatabaseAsync(gateway, await gateway.Operator.CreateTenantAsync("test"));
            _probe = new CrossingProbe(database, await database.RegisterAsync(), _gateways);
        }

        return await _probe.TryAsync();
    }

    /// <summary>Slots of a tenant that are in use; null while the cluster doesn't say.</summary>
    public async Task<int?> CountSlotsAsync(string tenantId)
    {
        foreach (var endpoint in Endpoints.Where(static endpoint => endpoint.IsReady))
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(5));
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, $"/operator/tenants/{tenantId}");
                request.Headers.Authorization = new("Bearer", RealtimeBackend.OperatorKey);
                using var response = await endpoint.Http.SendAsync(request, timeout.Token);
                if (response.IsSuccessStatusCode)
                {
                    return (await response.Content.ReadFromJsonAsync<System.Text.Json.JsonElement>(timeout.Token)).GetProperty("connections").GetInt32();
                }
            }
            catch (Exception exception) when (SseWire.IsOutage(exception))
            {
                // The next one may know.
            }
        }

        return null;
    }

    public async ValueTask DisposeAsync()
    {
        await Ingress.DisposeAsync();
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        foreach (var node in Nodes)
        {
            await node.Process.DisposeAsync();
        }

        await _processes.DisposeAsync();
        await Postgres.DisposeAsync();
        foreach (var endpoint in Endpoints)
        {
            endpoint.Dispose();
        }
    }
}
