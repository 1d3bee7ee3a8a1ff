using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>The provider in an Orleans client, which has no queues: it subscribes, and silos publish.</summary>
internal sealed class PushStreamClientAdapterFactory(string provider) : IQueueAdapterFactory, IQueueAdapter, IQueueAdapterCache, IStreamQueueMapper
{
    public string Name => provider;

    public bool IsRewindable => false;

    // Read-only would be truer, but then Orleans refuses a publication with a sentence that doesn't say what to do instead.
    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public Task<IQueueAdapter> CreateAdapter() => Task.FromResult<IQueueAdapter>(this);

    public IQueueAdapterCache GetQueueAdapterCache() => this;

    public IStreamQueueMapper GetStreamQueueMapper() => this;

    public Task<IStreamFailureHandler> GetDeliveryFailureHandler(QueueId queueId) =>
        Task.FromResult<IStreamFailureHandler>(new NoOpStreamDeliveryFailureHandler());

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext) =>
        throw new NotSupportedException($"Push stream provider '{provider}' can't publish from an Orleans client: its queues live in the silos. Call a grain and let it publish.");

    public IEnumerable<QueueId> GetAllQueues() => [];

    public QueueId GetQueueForStream(StreamId streamId) => throw NotOnClient();

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => throw NotOnClient();

    public IQueueCache CreateQueueCache(QueueId queueId) => throw NotOnClient();

    private NotSupportedException NotOnClient() => new($"Push stream provider '{provider}' has no queues in an Orleans client.");
}
