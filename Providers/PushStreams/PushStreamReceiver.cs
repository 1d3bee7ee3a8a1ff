using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>
/// Hands a queue's batches to its agent. A read waits for data, so nothing polls; and nothing is delayed, unless there is so much
/// that reads had better be apart (<see cref="PushStreamOptions.LongestPause"/>).
/// </summary>
internal sealed class PushStreamReceiver(PushStreamQueue queue, PushStreamOptions options, TimeProvider timeProvider) : IQueueAdapterReceiver
{
    // Timers count milliseconds.
    private static readonly TimeSpan _shortestPause = TimeSpan.FromMilliseconds(1);

    // An idle agent returns to Orleans this often, to forget inactive streams. Each return delays what is published in that
    // moment by the agent's timer period, so it mustn't be often.
    private static readonly TimeSpan _housekeepingPeriod = TimeSpan.FromSeconds(10);

    private ITimer? _housekeeping;
    private long _lastRead;
    private int _lastEvents;

    public Task Initialize(TimeSpan timeout)
    {
        _housekeeping = timeProvider.CreateTimer(static state => ((PushStreamQueue)state!).Wake(), queue, _housekeepingPeriod, _housekeepingPeriod);
        return Task.CompletedTask;
    }

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        await PauseAsync(cancellationToken);
        using var stopping = cancellationToken.UnsafeRegister(static state => ((PushStreamQueue)state!).Wake(), queue);
        while (!cancellationToken.IsCancellationRequested)
        {
            var batches = queue.Take(maxCount == QueueAdapterConstants.UNLIMITED_GET_QUEUE_MSG ? int.MaxValue : maxCount);
            if (batches.Count > 0)
            {
                (_lastRead, _lastEvents) = (timeProvider.GetTimestamp(), batches.Sum(static batch => ((PushStreamBatch)batch).Count));
                return batches;
            }

            // The wait begins before the token is looked at again: a cancellation between the two would wake nobody.
            var wait = queue.WaitAsync();
            if (cancellationToken.IsCancellationRequested || !await wait)
            {
                break;
            }
        }

        return [];
    }

    /// <summary>Lets more gather for the next read, if the last one found much.</summary>
    private async ValueTask PauseAsync(CancellationToken cancellationToken)
    {
        var pause = _lastEvents * options.PausePerEvent;
        pause = (pause < options.LongestPause ? pause : options.LongestPause) - timeProvider.GetElapsedTime(_lastRead);
        _lastEvents = 0;
        if (pause >= _shortestPause && queue.PendingEvents < options.MaxBatchEvents)
        {
            await Task.Delay(pause, timeProvider, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public async Task Shutdown(TimeSpan timeout)
    {
        if (_housekeeping is not null)
        {
            await _housekeeping.DisposeAsync();
        }
    }
}
