using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>All queues of one provider on this silo, and which stream uses which.</summary>
internal sealed class PushStreamQueues : IStreamQueueMapper
{
    private readonly PushStreamQueue[] _queues;
    private readonly QueueId[] _ids;
    private readonly PushStreamMetrics _metrics;
    private readonly DropLog _dropLog;

    public PushStreamQueues(string provider, PushStreamOptions options, PushStreamMetrics metrics, ILogger<PushStreamQueues> logger)
    {
        Provider = provider;
        Options = options;
        _metrics = metrics;
        _dropLog = new DropLog(provider, logger, TimeProvider.System);
        _queues = new PushStreamQueue[options.QueueCount];
        _ids = new QueueId[options.QueueCount];
        for (uint i = 0; i < _queues.Length; i++)
        {
            _queues[i] = new PushStreamQueue(options, OnDropped);
            _ids[i] = QueueId.GetQueueId(provider, i, i);
        }

        metrics.Observe(this);
    }

    public string Provider { get; }

    public PushStreamOptions Options { get; }

    public int PendingEvents => _queues.Sum(static queue => queue.PendingEvents);

    public PushStreamQueue this[QueueId queueId] => _queues[queueId.GetNumericId()];

    public static PushStreamQueues Create(IServiceProvider services, string provider) => new(
        provider,
        services.GetRequiredService<IOptionsMonitor<PushStreamOptions>>().Get(provider),
        services.GetRequiredService<PushStreamMetrics>(),
        services.GetRequiredService<ILogger<PushStreamQueues>>());

    public void Append<T>(StreamId streamId, IReadOnlyCollection<T> events)
    {
        _queues[IndexOf(streamId)].Append(streamId, events);
        _metrics.Published(Provider, events.Count);
    }

    /// <summary>Says that nothing has been dropped yet: a series that begins with a drop shows no rate.</summary>
    public void ReportZeros() => Array.ForEach(Enum.GetValues<DropReason>(), reason => _metrics.Dropped(Provider, 0, reason));

    public Task WhenIdleAsync() => Task.WhenAll(_queues.Select(static queue => queue.WhenIdleAsync()));

    public void RefuseNewStreams()
    {
        foreach (var queue in _queues)
        {
            queue.RefuseNewStreams();
        }
    }

    public void Close()
    {
        foreach (var queue in _queues)
        {
            queue.Close();
        }
    }

    public IEnumerable<QueueId> GetAllQueues() => _ids;

    public QueueId GetQueueForStream(StreamId streamId) => _ids[IndexOf(streamId)];

    // Orleans computes a stream id's hash from its bytes, the same in every process.
    private uint IndexOf(StreamId streamId) => (uint)streamId.GetHashCode() % (uint)_queues.Length;

    private void OnDropped(StreamId streamId, int events, DropReason reason)
    {
        _metrics.Dropped(Provider, events, reason);
        _dropLog.Report(streamId, events, reason);
    }
}
