using Microsoft.Extensions.Logging;

namespace Realtime.Providers.PushStreams;

/// <summary>Keeps a stopping silo's agents running until its last events are delivered.</summary>
/// <remarks>
/// A silo stops from high stages to low ones. While it still counts as active, this waits for what was published so far and
/// then refuses new streams. Then grains deactivate and may publish while they do; this waits again; then the agents stop.
/// Once a silo counts as stopping, Orleans 10.4 forgets the clients of its gateway and its own hosted client, so what grains
/// publish that late reaches other silos, and clients known to be connected to another silo too.
/// </remarks>
internal sealed partial class PushStreamDrain(PushStreamQueues queues, ILogger<PushStreamDrain> logger) : ILifecycleParticipant<ISiloLifecycle>
{
    /// <summary>Stage at which agents start and stop: before the silo is active, and after its grains have deactivated.</summary>
    public const int AgentStage = ServiceLifecycleStage.GrainDeactivation - 1000;

    private const int LateDrainStage = AgentStage + 1;
    private const int EarlyDrainStage = ServiceLifecycleStage.Active + 1;

    // A silo that is published to without pause never looks idle, and needn't wait long to find that out.
    private static readonly TimeSpan _longestEarlyDrain = TimeSpan.FromSeconds(1);

    public void Participate(ISiloLifecycle lifecycle)
    {
        var name = $"{nameof(PushStreamDrain)}.{queues.Provider}";
        lifecycle.Subscribe(name, EarlyDrainStage, static _ => Task.CompletedTask, DrainEarlyAsync);
        lifecycle.Subscribe(name, LateDrainStage, ReportZerosAsync, DrainLateAsync);
    }

    /// <summary>By now those who collect measurements are there.</summary>
    private Task ReportZerosAsync(CancellationToken cancellationToken)
    {
        queues.ReportZeros();
        return Task.CompletedTask;
    }

    private async Task DrainEarlyAsync(CancellationToken cancellationToken)
    {
        var timeout = queues.Options.DrainTimeout < _longestEarlyDrain ? queues.Options.DrainTimeout : _longestEarlyDrain;
        await TryDrainAsync(timeout, cancellationToken);
        queues.RefuseNewStreams();
    }

    private async Task DrainLateAsync(CancellationToken cancellationToken)
    {
        if (!await TryDrainAsync(queues.Options.DrainTimeout, cancellationToken))
        {
            LogNotDrained(queues.Provider, queues.PendingEvents);
        }

        queues.Close();
    }

    private async Task<bool> TryDrainAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        try
        {
            await queues.WhenIdleAsync().WaitAsync(timeout, cancellationToken);
            return true;
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException)
        {
            // Normal when a subscriber is gone or the silo is in a hurry; what is left is counted as dropped.
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Push stream provider {Provider} stops although some events aren't acknowledged; {PendingEvents} weren't even sent.")]
    private partial void LogNotDrained(string provider, int pendingEvents);
}
