using System.Diagnostics;

namespace Realtime.Documents;

/// <summary>
/// Gathers the writes of one repository while a transaction is under way and commits them together in the next, so
/// that the number of writes isn't bound to the time that a disk takes to be sure. Runs on its grain's scheduler.
/// </summary>
/// <param name="commit">Commits a batch.</param>
/// <param name="committed">Told of each batch after it is durable, in order, before those who wait for its writes.</param>
/// <param name="options">The bounds.</param>
internal sealed class WriteGroup(
    Func<IReadOnlyList<DocumentWrite>, Task<IReadOnlyList<DocumentWriteResult>>> commit,
    Action<IReadOnlyList<DocumentWriteResult>> committed,
    DocumentOptions options)
{
    private readonly Queue<(DocumentWrite Write, TaskCompletionSource<DocumentWriteResult> Done, Activity? Activity)> _waiting = new();
    private long _waitingBytes;
    private Task _pump = Task.CompletedTask;
    private bool _isPumping;
    private bool _isStopped;

    /// <summary>Whether no transaction is under way.</summary>
    public bool IsIdle => !_isPumping;

    /// <summary>Adds a write.</summary>
    /// <param name="write">The write.</param>
    /// <returns>Its result when it is durable and its changes are published; 503 if too many wait.</returns>
    public async Task<DocumentWriteResult> AddAsync(DocumentWrite write)
    {
        var bytes = write.Bytes;
        if (_isStopped || _waiting.Count >= options.MaxWaitingWrites || _waitingBytes + bytes > options.MaxWaitingBytes)
        {
            return DocumentWriteResult.Refused(RealtimeError.TemporarilyUnavailable);
        }

        var done = new TaskCompletionSource<DocumentWriteResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        _waiting.Enqueue((write, done, Activity.Current));
        _waitingBytes += bytes;
        if (!_isPumping)
        {
            _isPumping = true;
            _pump = PumpAsync();
        }

        return await done.Task;
    }

    /// <summary>Takes no more writes and waits for those that were taken.</summary>
    public Task StopAsync()
    {
        _isStopped = true;
        return _pump;
    }

    private async Task PumpAsync()
    {
        while (_waiting.Count > 0)
        {
            var batch = TakeBatch();

            // The pump was begun by some write of long ago; its trace is not that of this batch.
            Activity.Current = batch.Find(static waiting => waiting.Activity is { Recorded: true }).Activity;
            try
            {
                var results = await commit(batch.ConvertAll(waiting => waiting.Write));
                committed(results);
                for (var i = 0; i < batch.Count; i++)
                {
                    batch[i].Done.SetResult(results[i]);
                }
            }
            catch (Exception error)
            {
                // Not handled but handed on: to each caller, where it is logged. The next batch may do better.
                batch.ForEach(waiting => waiting.Done.TrySetException(error));
            }
        }

        _isPumping = false;
    }

    private List<(DocumentWrite Write, TaskCompletionSource<DocumentWriteResult> Done, Activity? Activity)> TakeBatch()
    {
        var batch = new List<(DocumentWrite, TaskCompletionSource<DocumentWriteResult>, Activity?)>();
        var batchBytes = 0L;
        while (batch.Count < options.MaxBatchWrites && _waiting.TryPeek(out var next))
        {
            var bytes = next.Write.Bytes;
            if (batch.Count > 0 && batchBytes + bytes > options.MaxBatchBytes)
            {
                break;
            }

            batch.Add(_waiting.Dequeue());
            batchBytes += bytes;
            _waitingBytes -= bytes;
        }

        return batch;
    }
}
