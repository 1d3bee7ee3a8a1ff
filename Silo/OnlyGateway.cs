using Realtime.Gateways;

namespace Realtime.Silo;

/// <summary>
/// Forgets the gateway of the process before, which can't live any more: this process hosts the only one. Otherwise the
/// quota would wait for its lease to pass before it grants anything.
/// </summary>
internal sealed class OnlyGateway(IGrainFactory grains) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) =>
        grains.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).ClearAsync().AsTask();

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
