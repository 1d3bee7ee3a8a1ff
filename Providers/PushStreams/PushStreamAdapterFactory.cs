using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>What Orleans asks for the parts of a provider on a silo.</summary>
internal sealed class PushStreamAdapterFactory(PushStreamQueues queues) : IQueueAdapterFactory
{
    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(new PushStreamAdapter(queues));

    public IQueueAdapterCache GetQueueAdapterCache() => new PushStreamQueueCacheFactory(queues);

    public IStreamQueueMapper GetStreamQueueMapper() => queues;

    // A failed delivery is a gap that subscribers find by their own numbering, no reason to end the subscription.
    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());
}
