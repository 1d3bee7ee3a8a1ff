using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>The publishing side on a silo: events go straight into this silo's own queue.</summary>
internal sealed class PushStreamAdapter(PushStreamQueues queues) : IQueueAdapter
{
    public string Name => queues.Provider;

    // Agents of several silos feed one subscription; a rewindable one would refuse the tokens of all but one of them.
    public bool IsRewindable => false;

    public StreamProviderDirection Direction => StreamProviderDirection.ReadWrite;

    public Task QueueMessageBatchAsync<T>(StreamId streamId, IEnumerable<T> events, StreamSequenceToken? token, Dictionary<string, object>? requestContext)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (token is not null)
        {
            throw new NotSupportedException("Push streams number events themselves: publish without a sequence token.");
        }

        // Whatever code a lazy sequence runs must not run while the queue is locked.
        var collected = events as T[] ?? [.. events];
        if (Array.Exists(collected, static item => item is null))
        {
            throw new ArgumentException("An event of a push stream can't be null.", nameof(events));
        }

        queues.Append(streamId, collected);
        return Task.CompletedTask;
    }

    public IQueueAdapterReceiver CreateReceiver(QueueId queueId) => new PushStreamReceiver(queues[queueId], queues.Options, TimeProvider.System);
}
