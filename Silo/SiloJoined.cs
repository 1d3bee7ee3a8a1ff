using Realtime.Gateway.Hosting;

namespace Realtime.Silo;

/// <summary>Reports the silo ready. It is started after the silo, which is active by then.</summary>
internal sealed class SiloJoined(Readiness readiness) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        readiness.Joined();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
