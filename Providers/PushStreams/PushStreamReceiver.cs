using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>Hands a queue's batches to its agent. A read waits for data, so nothing polls and nothing is delayed.</summary>
internal sealed class PushStreamReceiver(PushStreamQueue queue, TimeProvider timeProvider) : IQueueAdapterReceiver
{
    // An idle agent returns to Orleans this often, to forget inactive streams. Each return delays what is published in that
    // moment by the agent's timer period, so it mustn't be often.
    private static readonly TimeSpan _housekeepingPeriod = TimeSpan.FromSeconds(10);

    private ITimer? _housekeeping;

    public Task Initialize(TimeSpan timeout)
    {
        _housekeeping = timeProvider.CreateTimer(static state => ((PushStreamQueue)state!).Wake(), queue, _housekeepingPeriod, _housekeepingPeriod);
        return Task.CompletedTask;
    }

    public Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount) => GetQueueMessagesAsync(maxCount, CancellationToken.None);

    public async Task<IList<IBatchContainer>> GetQueueMessagesAsync(int maxCount, CancellationToken cancellationToken)
    {
        using var stopping = cancellationToken.UnsafeRegister(static state => ((PushStreamQueue)state!).Wake(), queue);
        while (!cancellationToken.IsCancellationRequested)
        {
            var batches = queue.Take(maxCount == QueueAdapterConstants.UNLIMITED_GET_QUEUE_MSG ? int.MaxValue : maxCount);
            if (batches.Count > 0)
            {
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

    public Task MessagesDeliveredAsync(IList<IBatchContainer> messages) => Task.CompletedTask;

    public async Task Shutdown(TimeSpan timeout)
    {
        if (_housekeeping is not null)
        {
            await _housekeeping.DisposeAsync();
        }
    }
}
