using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>No balance to strike: each silo pulls exactly the queues in its own memory, whoever else is in the cluster.</summary>
internal sealed class PushStreamQueueBalancer : IStreamQueueBalancer
{
    private IStreamQueueMapper? _queues;

    public Task Initialize(IStreamQueueMapper queueMapper)
    {
        _queues = queueMapper;
        return Task.CompletedTask;
    }

    public Task Shutdown() => Task.CompletedTask;

    public IEnumerable<QueueId> GetMyQueues() => _queues?.GetAllQueues() ?? [];

    // The distribution never changes, so there is nothing to tell.
    public bool SubscribeToQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;

    public bool UnSubscribeFromQueueDistributionChangeEvents(IStreamQueueBalanceListener observer) => true;
}
