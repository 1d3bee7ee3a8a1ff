using System.Collections.Concurrent;
using Microsoft.Extensions.Time.Testing;
using Orleans.TestingHost;
using Realtime.Gateways;
using Realtime.Tenants;
using Realtime.Users;

namespace Realtime.Tests.Infrastructure;

/// <summary>Tests that share one cluster and its clock, one after the other.</summary>
[CollectionDefinition]
public sealed class OnGrainCluster : ICollectionFixture<GrainCluster>;

/// <summary>
/// Two silos in this process with everything that <see cref="RealtimeGrainsExtensions.AddRealtimeGrains"/> adds, grain
/// state in memory, and a clock that only <see cref="Time"/> moves. Started when the first test asks for it.
/// </summary>
public sealed class GrainCluster : IAsyncLifetime
{
    private readonly Lazy<Task<InProcessTestCluster>> _cluster;

    public GrainCluster() => _cluster = new(StartAsync);

    /// <summary>The silos' clock.</summary>
    public FakeTimeProvider Time { get; } = new(DateTimeOffset.UtcNow);

    /// <summary>Whether the silos take it that one of them was lost just now; a test that sets it resets it.</summary>
    public bool HasLostASilo { get; set; }

    /// <summary>Databases whose documents were deleted.</summary>
    public ConcurrentQueue<string> DeletedDocuments { get; } = new();

    /// <summary>Databases whose documents can't be deleted, at the first attempt.</summary>
    public ConcurrentDictionary<string, bool> FailingDocuments { get; } = new();

    /// <summary>The running cluster, without the gateways of the tests before.</summary>
    public async Task<InProcessTestCluster> StartedAsync()
    {
        var cluster = await _cluster.Value;
        Time.Advance(TimeSpan.FromSeconds(16));
        await cluster.Client.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).ClearAsync();
        return cluster;
    }

    /// <summary>A new tenant.</summary>
    public async Task<ITenantGrain> NewTenantAsync(string plan = "idea")
    {
        var tenant = (await StartedAsync()).Client.GetGrain<ITenantGrain>(Identifiers.NewId());
        Assert.Null((await tenant.CreateAsync("acme", plan)).Error);
        return tenant;
    }

    /// <summary>A new database of a new tenant.</summary>
    public async Task<GrainDatabase> NewDatabaseAsync()
    {
        var tenant = await NewTenantAsync();
        var credentials = (await tenant.CreateDatabaseAsync("prod")).Value!;
        return new GrainDatabase((await _cluster.Value).Client, tenant, credentials.PublicKey, credentials.RootToken);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_cluster.IsValueCreated)
        {
            await (await _cluster.Value).DisposeAsync();
        }
    }

    private async Task<InProcessTestCluster> StartAsync()
    {
        var builder = new InProcessTestClusterBuilder(2);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddSingleton<TimeProvider>(Time);
            silo.AddMemoryGrainStorageAsDefault();
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddMemoryStreams(RealtimeStreams.ProviderName);
            silo.AddRealtimeGrains();
            silo.Services.Configure<PasswordOptions>(static options => options.WorkFactor = 4);
            silo.Services.AddSingleton<ISiloLosses>(new SettableLosses(this));
            silo.Services.AddSingleton<IDatabaseDocuments>(new RecordedDeletions(this));
        });
        var cluster = builder.Build();
        await cluster.DeployAsync();
        return cluster;
    }

    private sealed class SettableLosses(GrainCluster cluster) : ISiloLosses
    {
        public bool IsRecent => cluster.HasLostASilo;
    }

    private sealed class RecordedDeletions(GrainCluster cluster) : IDatabaseDocuments
    {
        public ValueTask DeleteAllAsync(string database)
        {
            if (cluster.FailingDocuments.TryRemove(database, out _))
            {
                throw new InvalidOperationException("The document store is away.");
            }

            cluster.DeletedDocuments.Enqueue(database);
            return ValueTask.CompletedTask;
        }

        public ValueTask DeleteOwnedAsync(string database, string ownerId) => ValueTask.CompletedTask;
    }
}
