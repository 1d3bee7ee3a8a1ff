using Realtime.Gateway.Hosting;
using Realtime.Tenants;

namespace Realtime.Silo;

/// <summary>
/// Creates the development tenant and database, if they aren't there, before the first request is taken. Silos that start
/// together may all do so.
/// </summary>
internal sealed class DevelopmentSeed(IGrainFactory grains, StartupCalls calls) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var error = await calls.RunAsync(SeedAsync, cancellationToken);
        if (error is not null)
        {
            throw new InvalidOperationException($"The development tenant could not be created: {error.Message}");
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task<RealtimeError?> SeedAsync()
    {
        var tenant = grains.GetGrain<ITenantGrain>(DevelopmentDefaults.TenantId);
        var created = await tenant.CreateAsync(DevelopmentDefaults.TenantName, DevelopmentDefaults.Plan);
        if (created.Error is null)
        {
            await tenant.SeedDatabaseAsync(DevelopmentDefaults.Database);
        }

        return created.Error;
    }
}
