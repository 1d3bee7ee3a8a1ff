namespace Realtime.Providers.PushStreams;

/// <summary>What waits for one stream. Not thread safe: guarded by the lock of the queue that owns it.</summary>
internal sealed class StreamBuffer(StreamId streamId)
{
    // A burst shouldn't pin its largest array for as long as the stream lives.
    private const int KeptCapacity = 1024;

    private readonly Queue<PendingEvent> _pending = new();

    public StreamId StreamId { get; } = streamId;

    public int PendingEvents => _pending.Count;

    public long PendingBytes { get; private set; }

    /// <summary>Batches handed to the agent that some subscriber hasn't acknowledged yet.</summary>
    public int Undelivered { get; set; }

    /// <summary>Whether the stream stands in its queue's line of streams to read next.</summary>
    public bool IsInLine { get; set; }

    /// <summary>Whether the agent holds a subscription of the stream, or is looking for one.</summary>
    public bool HasSubscribers { get; set; }

    public bool IsIdle => _pending.Count == 0 && Undelivered == 0;

    public void Add(object item, int sizeInBytes)
    {
        _pending.Enqueue(new PendingEvent(item, sizeInBytes));
        PendingBytes += sizeInBytes;
    }

    /// <summary>Removes the oldest events up to both limits, and at least one.</summary>
    public PushStreamBatch Take(long sequence, int maxEvents, int maxBytes)
    {
        var items = new object[CountWithin(maxEvents, maxBytes)];
        long size = 0;
        for (var i = 0; i < items.Length; i++)
        {
            var next = _pending.Dequeue();
            items[i] = next.Item;
            size += next.SizeInBytes;
        }

        PendingBytes -= size;
        ReleaseArray();
        return new PushStreamBatch(StreamId, sequence, items, size);
    }

    /// <summary>Forgets everything that waits and returns how many events that were.</summary>
    public int Clear()
    {
        var dropped = _pending.Count;
        _pending.Clear();
        PendingBytes = 0;
        ReleaseArray();
        return dropped;
    }

    private int CountWithin(int maxEvents, int maxBytes)
    {
        var count = 0;
        long size = 0;
        foreach (var pending in _pending)
        {
            size += pending.SizeInBytes;
            if (count == maxEvents || (count > 0 && size > maxBytes))
            {
                break;
            }

            count++;
        }

        return count;
    }

    private void ReleaseArray()
    {
        if (_pending.Count == 0 && _pending.Capacity > KeptCapacity)
        {
            _pending.TrimExcess(KeptCapacity);
        }
    }

    private readonly record struct PendingEvent(object Item, int SizeInBytes);
}
