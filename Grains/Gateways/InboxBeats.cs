using Microsoft.Extensions.Logging;

namespace Realtime.Gateways;

/// <summary>
/// Sends a beat through every live gateway's inbox each second. A gateway that misses them subscribes again: Orleans
/// may have dropped its subscription without telling it.
/// </summary>
internal sealed class InboxBeats(
    IGatewayRoster roster,
    InboxPublisher publisher,
    TimeProvider time,
    ILogger<InboxBeats> logger) : PeriodicSiloTask(time, logger)
{
    private static readonly InboxBeat Beat = new();

    /// <inheritdoc/>
    protected override ValueTask RunOnceAsync(CancellationToken cancellationToken)
    {
        foreach (var gateway in roster.Live)
        {
            publisher.Publish(gateway, Beat);
        }

        publisher.ForgetIdle();
        return ValueTask.CompletedTask;
    }
}
