namespace Realtime.Providers.PushStreams;

/// <summary>A link of a stream's chain of batches: what no cursor and no chain refers to is the garbage collector's.</summary>
internal sealed class CachedBatch(PushStreamBatch? batch, long index, long addedAt)
{
    /// <summary>Null once trimmed, and for the link before a stream's first batch.</summary>
    public PushStreamBatch? Batch { get; set; } = batch;

    /// <summary>Position in the stream's chain.</summary>
    public long Index { get; } = index;

    /// <summary>Time stamp of the addition, of the cache's clock.</summary>
    public long AddedAt { get; } = addedAt;

    public CachedBatch? Next { get; set; }
}
