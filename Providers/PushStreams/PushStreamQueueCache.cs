using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>
/// The agent's view of one queue: a forward-only chain of batches per stream. A few undelivered batches at most, because the
/// queue pauses a stream whose subscribers lag; batches already delivered are kept for a moment only.
/// </summary>
internal sealed class PushStreamQueueCache(PushStreamQueue queue, PushStreamOptions options, TimeProvider timeProvider) : IQueueCache
{
    // A read that returned everything at once would delay the delivery of its first batch.
    private const int MaxBatchesPerRead = 64;

    // Events published after SubscribeAsync returned may be read before the agent has finished its handshake with the new
    // subscriber; it then asks for a cursor at the first of them. This is how long a handshake may take for that to work.
    private static readonly TimeSpan _handshakeTime = TimeSpan.FromSeconds(1);

    private readonly Dictionary<StreamId, CachedStream> _streams = [];
    private readonly HashSet<CachedStream> _justAdded = [];
    private long _lastSweep = timeProvider.GetTimestamp();

    public int GetMaxAddCount() => MaxBatchesPerRead;

    public void AddToCache(IList<IBatchContainer> messages)
    {
        var now = timeProvider.GetTimestamp();
        foreach (var batch in messages.Cast<PushStreamBatch>())
        {
            var stream = GetOrAddStream(batch.StreamId);
            stream.Add(batch, now);
            Trim(stream, now);
            _justAdded.Add(stream);
        }
    }

    // The agent calls this before each read and doesn't read while it looks up a stream's subscribers. So a stream that has
    // no cursor now has no subscriber, and its events are done with.
    public bool TryPurgeFromCache(out IList<IBatchContainer> purgedItems)
    {
        foreach (var stream in _justAdded)
        {
            stream.ReportProgress();
        }

        _justAdded.Clear();
        Sweep();
        purgedItems = [];
        return false;
    }

    public IQueueCacheCursor GetCacheCursor(StreamId streamId, StreamSequenceToken? token) =>
        GetOrAddStream(streamId).AddCursor(token?.SequenceNumber);

    // Back-pressure is per stream and the queue's business: pausing the agent would pause every stream of the queue.
    public bool IsUnderPressure() => false;

    private CachedStream GetOrAddStream(StreamId streamId)
    {
        if (!_streams.TryGetValue(streamId, out var stream))
        {
            stream = new CachedStream(streamId, queue);
            _streams.Add(streamId, stream);
        }

        return stream;
    }

    private void Sweep()
    {
        var now = timeProvider.GetTimestamp();
        if (timeProvider.GetElapsedTime(_lastSweep, now) < _handshakeTime)
        {
            return;
        }

        _lastSweep = now;
        foreach (var (streamId, stream) in _streams)
        {
            Trim(stream, now);
            if (stream.IsEmpty)
            {
                _streams.Remove(streamId);
            }
        }
    }

    private void Trim(CachedStream stream, long now) => stream.Trim(
        addedBefore: now - (long)(_handshakeTime.TotalSeconds * timeProvider.TimestampFrequency),
        options.MaxPendingEventsPerStream,
        options.MaxPendingBytesPerStream);
}
