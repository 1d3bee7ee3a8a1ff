using Orleans.Configuration;
using Orleans.TestingHost;
using Realtime.Documents;
using Realtime.Gateway.Hosting;
using Realtime.Providers.PushStreams;
using Realtime.Providers.SqliteStorage;
using Realtime.Silo;
using Realtime.Tenants;
using Realtime.Tests.Infrastructure;
using Realtime.Users;

[assembly: AssemblyFixture(typeof(RealtimeBackend))]

namespace Realtime.Tests.Infrastructure;

/// <summary>
/// Two silos and two gateways on real sockets: what conformance tests talk to. Started when the first test asks for it;
/// tests share it and keep apart by making their own tenants.
/// </summary>
public sealed class RealtimeBackend : IAsyncLifetime
{
    /// <summary>The operator key of every gateway.</summary>
    public const string OperatorKey = "operator-key-of-the-tests";

    private readonly Lazy<Task<Started>> _started;
    private readonly string _dataFolder = Directory.CreateTempSubdirectory("realtime-tests-").FullName;

    public RealtimeBackend() => _started = new(StartAsync);

    /// <summary>The first gateway.</summary>
    public async Task<GatewayProcess> GatewayAsync() => (await _started.Value).Gateways[0];

    /// <summary>A second gateway of the same cluster.</summary>
    public async Task<GatewayProcess> OtherGatewayAsync() => (await _started.Value).Gateways[1];

    /// <summary>The cluster's client.</summary>
    public async Task<IClusterClient> ClientAsync() => (await _started.Value).Cluster.Client;

    /// <summary>A further gateway of the same cluster with settings of its own; the caller disposes it.</summary>
    /// <param name="settings">Configuration, such as <c>("Realtime:Limits:CommandBurst", "5")</c>.</param>
    public async Task<GatewayProcess> StartGatewayAsync(params (string Key, string Value)[] settings) =>
        await GatewayProcess.StartAsync((await _started.Value).Cluster.Client, settings);

    /// <summary>A fresh tenant on a plan, with one database.</summary>
    /// <param name="plan"><c>test</c> has no limit that a test meets; <c>idea</c> has 25 connections.</param>
    public async Task<TestDatabase> CreateDatabaseAsync(string plan = "test")
    {
        var gateway = await GatewayAsync();
        var tenant = await gateway.Operator.CreateTenantAsync(plan);
        return await gateway.Operator.CreateDatabaseAsync(gateway, tenant);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated)
        {
            var started = await _started.Value;
            foreach (var gateway in started.Gateways)
            {
                await gateway.DisposeAsync();
            }

            await started.Cluster.DisposeAsync();
        }

        Directory.Delete(_dataFolder, recursive: true);
    }

    /// <summary>A cluster of its own, for tests that lose parts of it.</summary>
    /// <param name="silos">Number of silos.</param>
    /// <param name="dataFolder">Where documents are kept, and all grain state, so that it outlives silos.</param>
    internal static Task<InProcessTestCluster> StartClusterAsync(short silos, string dataFolder) => StartClusterAsync(
        silos,
        dataFolder,
        silo =>
        {
            silo.AddSqliteGrainStorageAsDefault(storage => storage.Configure(sqlite => sqlite.DataSource = Path.Combine(dataFolder, "grains.db")));
            silo.AddSqliteGrainStorage("PubSubStore", storage => storage.Configure(sqlite => sqlite.DataSource = Path.Combine(dataFolder, "streams.db")));
        });

    private static async Task<InProcessTestCluster> StartClusterAsync(short silos, string dataFolder, Action<ISiloBuilder> addStorage)
    {
        var builder = new InProcessTestClusterBuilder(silos);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Configure<ClusterMembershipOptions>(static membership =>
            {
                membership.ProbeTimeout = TimeSpan.FromSeconds(1.5);
                membership.NumMissedProbesLimit = 3;
            });
            silo.Configure<SiloMessagingOptions>(static messaging => messaging.ResponseTimeout = CallLimits.Response);
            addStorage(silo);
            silo.AddInboxStreams();
            silo.AddRealtimeGrains();
            silo.Services.AddSqliteDocumentStore(documents => documents.DataFolder = dataFolder);
            silo.Services.Configure<PlanOptions>(static plans => plans.Limits["test"] = 100_000);
            silo.Services.Configure<PasswordOptions>(static passwords => passwords.WorkFactor = 4);
        });
        builder.ConfigureClient(static client =>
        {
            client.AddPushStreams(RealtimeStreams.ProviderName);
            client.Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = CallLimits.Response);
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    private async Task<Started> StartAsync()
    {
        var cluster = await StartClusterAsync(
            2, _dataFolder, static silo => silo.AddMemoryGrainStorageAsDefault().AddMemoryGrainStorage("PubSubStore"));
        return new Started(cluster, [await GatewayProcess.StartAsync(cluster.Client), await GatewayProcess.StartAsync(cluster.Client)]);
    }

    private sealed record Started(InProcessTestCluster Cluster, GatewayProcess[] Gateways);
}
