namespace Realtime.Gateway.Restatements;

/// <summary>
/// Goes through all items of a kind when asked to, a bounded number at once, and then again through those that failed. One
/// round is under way at a time; whoever asks meanwhile causes one further round.
/// </summary>
/// <typeparam name="T">What is stated again.</typeparam>
internal sealed partial class RestatementRounds<T>
{
    /// <summary>How many are stated at once.</summary>
    public const int AtOnce = 128;

    /// <summary>Pause before what failed is repeated.</summary>
    public static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly Func<IEnumerable<T>> _all;
    private readonly Func<T, Task> _state;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ParallelOptions _options;
    private readonly Pump _pump;
    private bool _isRequested;

    /// <param name="all">All items, as they are while one looks.</param>
    /// <param name="state">States one; it is repeated if it fails.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where failures are noted.</param>
    /// <param name="stopping">Ends all rounds.</param>
    public RestatementRounds(Func<IEnumerable<T>> all, Func<T, Task> state, TimeProvider time, ILogger logger, CancellationToken stopping)
    {
        _options = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stopping };
        (_all, _state, _time, _logger) = (all, state, time, logger);
        _pump = new Pump(RunAsync, logger);
    }

    /// <summary>Makes sure that a round begins after this call. Returns at once.</summary>
    /// <returns>Completes when it has ended.</returns>
    public Task Request()
    {
        Volatile.Write(ref _isRequested, true);
        return _pump.WakeAsync();
    }

    private async Task RunAsync()
    {
        // Who asks may hold a lock.
        await Task.Yield();
        var stopping = _options.CancellationToken;
        try
        {
            List<T> failed = [];
            do
            {
                failed = await RunOnceAsync(Interlocked.Exchange(ref _isRequested, false) ? _all() : failed);
                if (failed.Count > 0)
                {
                    await Task.Delay(RetryDelay, _time, stopping);
                }
            }
            while (failed.Count > 0);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The host has stopped.
        }
    }

    private async Task<List<T>> RunOnceAsync(IEnumerable<T> items)
    {
        List<T> failed = [];
        Exception? last = null;
        await Parallel.ForEachAsync(items, _options, async (item, _) =>
        {
            try
            {
                await _state(item);
            }
            catch (Exception exception)
            {
                lock (failed)
                {
                    failed.Add(item);
                    last = exception;
                }
            }
        });
        if (last is not null)
        {
            LogFailed(last, failed.Count);
        }

        return failed;
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "{Count} statements to the cluster failed, the last one by this; they are repeated")]
    private partial void LogFailed(Exception exception, int count);
}
