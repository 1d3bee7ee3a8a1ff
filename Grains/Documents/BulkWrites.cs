namespace Realtime.Documents;

/// <summary>Changes any number of documents in chunks between which other writes run.</summary>
/// <param name="select">Finds the next chunk of a target after the one before.</param>
/// <param name="writes">Commits the chunks.</param>
/// <param name="pace">Spaces them.</param>
internal sealed class BulkWrites(
    Func<BulkTarget, DocumentSelection?, Task<Result<DocumentSelection>>> select, WriteGroup writes, BulkPace pace)
{
    /// <summary>Runs a bulk write.</summary>
    /// <param name="target">What it is about.</param>
    /// <param name="write">Makes the write of a chunk.</param>
    /// <param name="isHeard">Whether there are members that get its events.</param>
    /// <returns>Number of documents changed; after a refusal earlier chunks stay changed.</returns>
    public async Task<Result<long>> RunAsync(BulkTarget target, Func<DocumentSelection, DocumentWrite> write, Func<bool> isHeard)
    {
        var changed = 0L;
        for (DocumentSelection? chunk = null; chunk is not { IsLast: true };)
        {
            var next = await select(target, chunk);
            if (next.Error is { } error)
            {
                return error;
            }

            chunk = next.Value!;
            if (chunk.Documents.IsEmpty)
            {
                break;
            }

            var result = await writes.AddAsync(write(chunk));
            if (result.Error is { } refusal)
            {
                return refusal;
            }

            changed += result.Changes.Length;
            if (isHeard())
            {
                await pace.PassAsync(result.Changes.Sum(change => (long)change.Json.Length), CancellationToken.None);
            }
        }

        return changed;
    }
}
