using Orleans.Streams;

namespace Realtime.Providers.PushStreams;

/// <summary>
/// Where one subscription stands in a stream's chain. The agent asks for the next batch when the last one has been
/// acknowledged or given up, so moving on is the acknowledgement.
/// </summary>
internal sealed class PushStreamCursor(CachedStream stream, CachedBatch start) : IQueueCacheCursor
{
    private CachedBatch _last = start;
    private bool _inDelivery;

    /// <summary>Index of the newest batch that this subscription is done with.</summary>
    public long DeliveredIndex => _inDelivery ? _last.Index - 1 : _last.Index;

    public IBatchContainer? GetCurrent(out Exception? exception)
    {
        exception = null;
        return _last.Batch;
    }

    public bool MoveNext()
    {
        _inDelivery = _last.Next is not null;
        _last = _last.Next ?? _last;
        stream.ReportProgress();
        return _inDelivery;
    }

    // The cursor walks the chain itself; new batches need no hint.
    public void Refresh(StreamSequenceToken token)
    {
    }

    public void RecordDeliveryFailure()
    {
        _last = stream.Newest;
        _inDelivery = false;

        // With other subscribers the backlog is theirs too, and they may be well.
        if (stream.HasSingleCursor)
        {
            stream.DropPending();
        }

        stream.ReportProgress();
    }

    public void Dispose() => stream.Remove(this);
}
