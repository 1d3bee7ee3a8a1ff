using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>Gives each agent a fresh cache of its queue.</summary>
internal sealed class PushStreamQueueCacheFactory(PushStreamQueues queues) : IQueueAdapterCache
{
    public IQueueCache CreateQueueCache(QueueId queueId)
    {
        var queue = queues[queueId];
        queue.ForgetUndelivered();
        return new PushStreamQueueCache(queue, queues.Options, TimeProvider.System);
    }
}
