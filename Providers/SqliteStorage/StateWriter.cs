using System.Threading.Channels;
using Microsoft.Data.Sqlite;

namespace Realtime.Providers.SqliteStorage;

/// <summary>
/// The only writer of the file. Changes that arrive while a commit is under way form the next transaction together, so one
/// sync to disk serves them all.
/// </summary>
internal sealed class StateWriter : IAsyncDisposable
{
    // Each waiting change belongs to a grain that awaits it; beyond this many, grains wait for a place first.
    private const int MaxWaiting = 4096;

    private readonly Channel<StateChange> _changes = Channel.CreateBounded<StateChange>(new BoundedChannelOptions(MaxWaiting) { SingleReader = true });
    private readonly SqliteConnection _connection;
    private readonly int _maxChangesPerCommit;
    private readonly TimeProvider _timeProvider;
    private readonly Task _loop;

    public StateWriter(SqliteConnection connection, int maxChangesPerCommit, TimeProvider timeProvider)
    {
        _connection = connection;
        _maxChangesPerCommit = maxChangesPerCommit;
        _timeProvider = timeProvider;
        _loop = Task.Run(WriteAsync);
    }

    /// <summary>Applies a change and returns when it is durable.</summary>
    /// <param name="change">The change.</param>
    /// <param name="cancellationToken">Gives up waiting for a place; a change that has its place is no longer given up.</param>
    /// <returns>The row's new version; null after a clear.</returns>
    public async Task<long?> WriteAsync(StateChange change, CancellationToken cancellationToken)
    {
        await _changes.Writer.WriteAsync(change, cancellationToken);
        return await change.Completion;
    }

    /// <summary>Commits what waits and closes the connection.</summary>
    public async ValueTask DisposeAsync()
    {
        _changes.Writer.TryComplete();
        await _loop;
        await _connection.DisposeAsync();
    }

    private async Task WriteAsync()
    {
        var group = new List<StateChange>();
        while (await _changes.Reader.WaitToReadAsync())
        {
            while (group.Count < _maxChangesPerCommit && _changes.Reader.TryRead(out var change))
            {
                group.Add(change);
            }

            Commit(group);
            group.Clear();
        }
    }

    private void Commit(List<StateChange> group)
    {
        try
        {
            using var transaction = _connection.BeginTransaction(deferred: false);

            // A row's versions start at the time of its creation: one that was cleared and written anew never has a version
            // that someone still holds from before.
            var firstVersion = _timeProvider.GetUtcNow().UtcTicks;
            foreach (var change in group)
            {
                GrainStateTable.Apply(_connection, change, firstVersion);
            }

            transaction.Commit();
        }
        catch (Exception) when (group.Count > 1)
        {
            // One impossible change, say a state larger than SQLite takes, mustn't fail its neighbours.
            foreach (var change in group)
            {
                Commit([change]);
            }

            return;
        }
        catch (Exception exception)
        {
            group[0].Failed(exception);
            return;
        }

        foreach (var change in group)
        {
            change.Committed();
        }
    }
}
