namespace Realtime.Silo;

/// <summary>Creates the development tenant and database before the first request is taken.</summary>
internal sealed class DevelopmentSeed(IGrainFactory grains) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => DevelopmentDefaults.SeedAsync(grains);

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
