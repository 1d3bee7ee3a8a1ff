using Microsoft.Extensions.Options;
using Realtime.Gateway.Sessions;

namespace Realtime.Gateway.Connections;

/// <summary>
/// Ends this gateway's connections when the process is told to stop, before anything else of it stops: spread over
/// <see cref="RealtimeOptions.DrainTime"/>, so that other gateways aren't met by all of them at once.
/// </summary>
internal sealed partial class Drain(
    ConnectionRegistry registry,
    SessionHandover handover,
    IOptions<RealtimeOptions> options,
    TimeProvider time,
    ILogger<Drain> logger) : IHostedLifecycleService
{
    /// <summary>Longest that ended connections are given to take what waits for them.</summary>
    public static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    private readonly TimeSpan _drainTime = options.Value.DrainTime;

    /// <inheritdoc/>
    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        var connections = registry.All.ToArray();
        LogBegun(connections.Length, _drainTime);
        await EndSpreadAsync(connections, cancellationToken);

        // Who came while the process was being told.
        foreach (var connection in registry.All)
        {
            connection.End(EndReason.GoingAway);
        }

        await EmptyAsync(cancellationToken);
        foreach (var connection in registry.All)
        {
            connection.Abort();
        }

        await handover.LeaveAllAsync();
    }

    /// <inheritdoc/>
    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc/>
    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private async Task EndSpreadAsync(Connection[] connections, CancellationToken cancellationToken)
    {
        // In no order: who connected together doesn't come back together.
        Random.Shared.Shuffle(connections);
        var started = time.GetTimestamp();
        var ended = 0;
        while (ended < connections.Length && !cancellationToken.IsCancellationRequested)
        {
            var due = _drainTime == TimeSpan.Zero
                ? connections.Length
                : Math.Min(connections.Length, (int)Math.Ceiling(connections.Length * (time.GetElapsedTime(started) / _drainTime)));
            for (; ended < due; ended++)
            {
                connections[ended].End(EndReason.GoingAway);
            }

            await WaitAsync(cancellationToken);
        }
    }

    private async Task EmptyAsync(CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (registry.All.Any() && time.GetElapsedTime(started) < FarewellTime && !cancellationToken.IsCancellationRequested)
        {
            await WaitAsync(cancellationToken);
        }
    }

    private async Task WaitAsync(CancellationToken cancellationToken) =>
        await Task.Delay(Step, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    [LoggerMessage(Level = LogLevel.Information, Message = "This gateway stops: {Count} connections are ended within {DrainTime}")]
    private partial void LogBegun(int count, TimeSpan drainTime);
}
