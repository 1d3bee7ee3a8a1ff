using Microsoft.Extensions.Logging;

namespace Realtime.Gateways;

/// <summary>
/// Brings the directory's list of gateways to this silo. While the directory can't be reached the last one stays.
/// </summary>
internal sealed class GatewayRosterRefresher(
    GatewayRoster roster,
    SiloLosses losses,
    IGrainFactory grains,
    TimeProvider time,
    ILogger<GatewayRosterRefresher> logger) : PeriodicSiloTask(time, logger)
{
    private readonly TimeProvider _time = time;

    /// <inheritdoc/>
    protected override async ValueTask RunOnceAsync(CancellationToken cancellationToken)
    {
        var askedAt = _time.GetUtcNow();
        var live = await grains.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).GetLiveAsync();
        var known = roster.Live;
        roster.Update([.. live.Select(static registration => registration.Gateway)], askedAt);
        losses.TellNewcomers(roster.Live.Except(known));
    }
}
