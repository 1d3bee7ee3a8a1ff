using Microsoft.Extensions.Options;
using Realtime.Tenants;

namespace Realtime.Silo;

/// <summary>
/// Refuses to start outside the development environment on data of it: everybody knows the keys, the root token and the
/// administrator's password that are in there.
/// </summary>
internal sealed class NoDevelopmentData(IGrainFactory grains) : IHostedService
{
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        if (await grains.GetGrain<ITenantGrain>(DevelopmentDefaults.TenantId).GetAsync() is not null)
        {
            throw new OptionsValidationException(
                SiloOptions.Section,
                typeof(SiloOptions),
                ["Realtime:DataFolder holds the development environment's data, whose keys and passwords are public. Name another folder."]);
        }
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
