using Orleans.Storage;

namespace Realtime.Providers.SqliteStorage;

/// <summary>A write or clear that waits for its commit.</summary>
/// <param name="key">The row to change.</param>
/// <param name="expectedVersion">The version the caller has seen; null when it has seen no row.</param>
/// <param name="payload">The new state; null clears.</param>
internal sealed class StateChange(StateKey key, long? expectedVersion, byte[]? payload)
{
    private readonly TaskCompletionSource<long?> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _newVersion;
    private InconsistentStateException? _conflict;

    public StateKey Key { get; } = key;

    public long? ExpectedVersion { get; } = expectedVersion;

    public byte[]? Payload { get; } = payload;

    /// <summary>
    /// The row's version once the change is durable, null after a clear; <see cref="InconsistentStateException"/> when the
    /// row isn't what the caller has seen.
    /// </summary>
    public Task<long?> Completion => _completion.Task;

    /// <summary>Notes what the transaction did; nobody learns of it before the commit.</summary>
    public void Applied(long? newVersion) => (_newVersion, _conflict) = (newVersion, null);

    /// <summary>Notes that the transaction left the row alone.</summary>
    public void Refused(InconsistentStateException conflict) => _conflict = conflict;

    public void Committed()
    {
        if (_conflict is null)
        {
            _completion.TrySetResult(_newVersion);
        }
        else
        {
            _completion.TrySetException(_conflict);
        }
    }

    public void Failed(Exception exception) => _completion.TrySetException(exception);
}
