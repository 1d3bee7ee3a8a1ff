namespace Realtime;

/// <summary>
/// A grain's persisted state as an immutable value: readers that interleave see only what storage has confirmed, and
/// writes follow one after the other even where methods interleave.
/// </summary>
/// <typeparam name="T">An immutable record.</typeparam>
internal sealed class CommittedState<T>(IPersistentState<T> storage, IGrainBase grain)
    where T : class, new()
{
    private T? _before;
    private Task? _writing;

    /// <summary>The last confirmed value.</summary>
    public T Value => _before ?? storage.State;

    /// <summary>Whether a change is being written, whose outcome <see cref="Value"/> doesn't show yet.</summary>
    public bool IsChanging => _writing is not null;

    /// <summary>Applies a change to the last confirmed value and writes the outcome.</summary>
    public Task UpdateAsync(Func<T, T> change) => EnqueueAsync(() =>
    {
        storage.State = change(storage.State);
        return storage.WriteStateAsync();
    });

    /// <summary>Deletes the value, if one is stored.</summary>
    public Task ClearAsync() => EnqueueAsync(() =>
        storage.RecordExists ? storage.ClearStateAsync() : Task.CompletedTask);

    private async Task EnqueueAsync(Func<Task> write)
    {
        while (_writing is { } other)
        {
            // Whoever started that write handles its failure.
            await other.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }

        _writing = WriteAsync(write);
        await _writing;
    }

    private async Task WriteAsync(Func<Task> write)
    {
        _before = storage.State;
        try
        {
            // The field _writing must be set before it is reset below, even if storage answers at once.
            await Task.Yield();
            await write();
        }
        catch
        {
            // Nobody knows whether the write has reached storage. The next activation reads what is true.
            storage.State = _before;
            grain.DeactivateOnIdle();
            throw;
        }
        finally
        {
            _before = null;
            _writing = null;
        }
    }
}
