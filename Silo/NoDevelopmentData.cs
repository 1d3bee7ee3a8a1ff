using Microsoft.Extensions.Options;
using Realtime.Gateway.Hosting;
using Realtime.Tenants;

namespace Realtime.Silo;

/// <summary>
/// Refuses to start outside the development environment on data of it: everybody knows the keys, the root token and the
/// administrator's password that are in there.
/// </summary>
internal sealed class NoDevelopmentData(IGrainFactory grains, IConfiguration configuration, StartupCalls calls) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var tenant = grains.GetGrain<ITenantGrain>(DevelopmentDefaults.TenantId);
        if (await calls.RunAsync(async () => await tenant.GetAsync(), cancellationToken) is null)
        {
            return;
        }

        var setting = SiloModes.Read(configuration) == SiloMode.Silo ? $"{ClusterOptions.Section}:Storage" : "Realtime:DataFolder";
        throw new OptionsValidationException(
            SiloOptions.Section,
            typeof(SiloOptions),
            [$"{setting} holds the development environment's data, whose keys and passwords are public. Name another one."]);
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
