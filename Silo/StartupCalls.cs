namespace Realtime.Silo;

/// <summary>
/// Calls grains while the process starts, again if need be: a silo that has just joined may be refused, and silos that
/// start together may be in each other's way.
/// </summary>
internal sealed partial class StartupCalls(TimeProvider time, ILogger<StartupCalls> logger)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Runs what can be run again, until it succeeds or a minute has passed.</summary>
    public async Task<T> RunAsync<T>(Func<Task<T>> call, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception exception) when (time.GetElapsedTime(started) < Limit)
            {
                LogAgain(exception);
                await Task.Delay(Pause, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster did not answer while this process started; it is asked again")]
    private partial void LogAgain(Exception exception);
}
