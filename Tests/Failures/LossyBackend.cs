using Orleans.TestingHost;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Failures;

/// <summary>Three silos and two gateways on real sockets, of which a test may lose some.</summary>
internal sealed class LossyBackend : IAsyncDisposable
{
    private readonly string _dataFolder;

    private LossyBackend(string dataFolder, InProcessTestCluster cluster, GatewayProcess[] gateways) =>
        (_dataFolder, Cluster, Gateways) = (dataFolder, cluster, gateways);

    public InProcessTestCluster Cluster { get; }

    public IReadOnlyList<GatewayProcess> Gateways { get; }

    public static async Task<LossyBackend> StartAsync()
    {
        var dataFolder = Directory.CreateTempSubdirectory("realtime-lossy-").FullName;
        var cluster = await RealtimeBackend.StartClusterAsync(3, dataFolder);

        // Tests talk without a pause.
        (string, string)[] limits = [("Realtime:Limits:CommandBurst", "1000000"), ("Realtime:Limits:CommandsPerSecond", "1000000")];
        return new LossyBackend(
            dataFolder,
            cluster,
            [await GatewayProcess.StartAsync(cluster.Client, limits), await GatewayProcess.StartAsync(cluster.Client, limits)]);
    }

    /// <summary>A fresh tenant without a limit that matters, with one database.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync()
    {
        var tenant = await Gateways[0].Operator.CreateTenantAsync("test");
        return await Gateways[0].Operator.CreateDatabaseAsync(Gateways[0], tenant);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in Gateways)
        {
            await gateway.DisposeAsync();
        }

        await Cluster.DisposeAsync();
        Directory.Delete(_dataFolder, recursive: true);
    }
}
