namespace Realtime.Documents;

/// <summary>Spaces the chunks of bulk writes, so that their events don't outrun the members' connections.</summary>
/// <param name="bytesPerSecond">Bytes of events a second, over all bulk writes of a repository.</param>
/// <param name="time">The clock.</param>
internal sealed class BulkPace(int bytesPerSecond, TimeProvider time)
{
    private DateTimeOffset _free;

    /// <summary>Counts a chunk that was sent and waits until the next may be.</summary>
    /// <param name="bytes">Bytes of its events.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public Task PassAsync(long bytes, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        _free = (_free > now ? _free : now) + TimeSpan.FromSeconds((double)bytes / bytesPerSecond);
        return Task.Delay(_free - now, time, cancellationToken);
    }
}
