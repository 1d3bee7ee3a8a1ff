using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>A cluster of processes with two gateways, for the tests of one class.</summary>
/// <param name="postgres">The server that gets a fresh database.</param>
/// <param name="silos">Number of silos.</param>
public abstract class SharedCluster(PostgresServer postgres, int silos) : IAsyncLifetime
{
    public ProcessCluster Cluster { get; private set; } = null!;

    public GatewayProcess First { get; private set; } = null!;

    public GatewayProcess Second { get; private set; } = null!;

    /// <summary>A database of a new tenant without a limit that matters.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync() =>
        await First.Operator.CreateDatabaseAsync(First, await First.Operator.CreateTenantAsync("test"));

    public async ValueTask InitializeAsync()
    {
        Cluster = await ProcessCluster.StartAsync(postgres, silos, gateways: 2);
        (First, Second) = (Cluster.Connect(0), Cluster.Connect(1));
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await First.DisposeAsync();
        await Second.DisposeAsync();
        await Cluster.DisposeAsync();
    }
}
