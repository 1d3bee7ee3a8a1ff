namespace Realtime.Providers.PushStreams;

/// <summary>
/// The batches of one stream that its subscribers have yet to receive, and briefly those that they have received.
/// Used on the agent's scheduler only.
/// </summary>
internal sealed class CachedStream
{
    private readonly PushStreamQueue _queue;
    private readonly List<PushStreamCursor> _cursors = [];
    private CachedBatch _beforeOldest;
    private CachedBatch _newest;
    private int _retainedEvents;
    private long _retainedBytes;

    // What the queue believes to be undelivered of this stream.
    private long _reportedUndelivered;

    public CachedStream(StreamId streamId, PushStreamQueue queue)
    {
        StreamId = streamId;
        _queue = queue;
        _beforeOldest = _newest = new CachedBatch(batch: null, index: 0, addedAt: 0);
    }

    public StreamId StreamId { get; }

    /// <summary>The link that a cursor of future events starts from.</summary>
    public CachedBatch Newest => _newest;

    public bool HasSingleCursor => _cursors.Count == 1;

    public bool IsEmpty => _cursors.Count == 0 && _newest == _beforeOldest;

    public void Add(PushStreamBatch batch, long now)
    {
        var added = new CachedBatch(batch, _newest.Index + 1, now);
        _newest.Next = added;
        _newest = added;
        _retainedEvents += batch.Count;
        _retainedBytes += batch.SizeInBytes;

        // The queue counted the batch when it handed it over. A stream without cursors stays counted until
        // ReportProgress is called, because its subscribers may be about to be looked up.
        _reportedUndelivered++;
    }

    /// <summary>Adds a cursor before the first retained batch not older than <paramref name="sequence"/>, or after the newest.</summary>
    public PushStreamCursor AddCursor(long? sequence)
    {
        var start = _newest;
        if (sequence is { } first)
        {
            start = _beforeOldest;
            while (start.Next is { } next && next.Batch!.Sequence < first)
            {
                start = next;
            }
        }

        var cursor = new PushStreamCursor(this, start);
        _cursors.Add(cursor);
        if (_cursors.Count == 1)
        {
            _queue.SetHasSubscribers(StreamId, hasSubscribers: true);
        }

        ReportProgress();
        return cursor;
    }

    public void Remove(PushStreamCursor cursor)
    {
        if (!_cursors.Remove(cursor))
        {
            return;
        }

        if (_cursors.Count == 0)
        {
            _queue.SetHasSubscribers(StreamId, hasSubscribers: false);
        }

        ReportProgress();
    }

    /// <summary>Tells the queue how many batches still await a subscriber, so that it pauses or resumes the stream.</summary>
    public void ReportProgress()
    {
        var undelivered = _newest.Index - DeliveredToAll();
        if (undelivered != _reportedUndelivered)
        {
            _queue.Release(StreamId, (int)(_reportedUndelivered - undelivered));
            _reportedUndelivered = undelivered;
        }
    }

    public void DropPending() => _queue.DropPending(StreamId);

    /// <summary>Lets go of batches delivered to all, except young ones within the given bounds.</summary>
    public void Trim(long addedBefore, int keptEvents, long keptBytes)
    {
        var delivered = DeliveredToAll();
        while (_beforeOldest.Next is { } oldest && oldest.Index <= delivered
            && (oldest.AddedAt < addedBefore || _retainedEvents > keptEvents || _retainedBytes > keptBytes))
        {
            _retainedEvents -= oldest.Batch!.Count;
            _retainedBytes -= oldest.Batch.SizeInBytes;
            oldest.Batch = null;
            _beforeOldest = oldest;
        }
    }

    private long DeliveredToAll()
    {
        var delivered = _newest.Index;
        foreach (var cursor in _cursors)
        {
            delivered = Math.Min(delivered, cursor.DeliveredIndex);
        }

        return delivered;
    }
}
