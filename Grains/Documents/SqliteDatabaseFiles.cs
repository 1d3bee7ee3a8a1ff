namespace Realtime.Documents;

/// <summary>Which databases have a file, and which of the files are open. Bounded: the least recently used are closed.</summary>
internal sealed class SqliteDatabaseFiles(string folder, int maxIdle) : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);
    private readonly LinkedList<Entry> _idle = [];
    private bool _isDisposed;

    /// <summary>Borrows the file of a database.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="create">Whether a database without a file gets one.</param>
    /// <returns>The loan, to be disposed of; null if there is no such file or it is being deleted.</returns>
    public Loan? Borrow(string database, bool create)
    {
        lock (_lock)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (!_entries.TryGetValue(database, out var entry))
            {
                var path = PathOf(database);
                if (!create && !File.Exists(path))
                {
                    return null;
                }

                Directory.CreateDirectory(folder);
                entry = new Entry(database, new SqliteDatabaseFile(path));
                _entries.Add(database, entry);
            }

            if (entry.Unused is not null)
            {
                return null;
            }

            if (entry.Users++ == 0 && entry.Idle is { } node)
            {
                _idle.Remove(node);
                entry.Idle = null;
            }

            return new Loan(this, entry);
        }
    }

    /// <summary>Deletes the file of a database, once nobody uses it.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="cancellationToken">Ends the wait; the file then stays.</param>
    public async Task DeleteAsync(string database, CancellationToken cancellationToken)
    {
        if (Borrow(database, create: false) is not { } loan)
        {
            return;
        }

        using var borrowed = loan;

        try
        {
            await loan.WaitUntilLastAsync().WaitAsync(cancellationToken);
        }
        catch
        {
            loan.LendAgain();
            throw;
        }

        try
        {
            loan.File.Dispose();
            DeleteFiles(PathOf(database));
        }
        finally
        {
            loan.Forget();
        }
    }

    /// <summary>Closes all files. Nobody may use the store any more.</summary>
    public void Dispose()
    {
        lock (_lock)
        {
            _isDisposed = true;
            foreach (var entry in _entries.Values)
            {
                entry.File.Dispose();
            }

            _entries.Clear();
            _idle.Clear();
        }
    }

    private static void DeleteFiles(string path)
    {
        File.Delete(path);
        File.Delete(path + "-wal");
        File.Delete(path + "-shm");
    }

    private string PathOf(string database) => Path.Combine(folder, GrainKey.Encode(database) + ".db");

    private void Return(Entry entry)
    {
        Entry? surplus = null;
        lock (_lock)
        {
            entry.Users--;
            if (entry.Unused is not null && entry.Users == 1)
            {
                entry.Unused.TrySetResult();
            }

            if (entry.Users == 0 && _entries.GetValueOrDefault(entry.Database) == entry)
            {
                entry.Idle = _idle.AddLast(entry);
            }

            if (_idle.Count > maxIdle)
            {
                surplus = _idle.First!.Value;
                _idle.RemoveFirst();
                _entries.Remove(surplus.Database);
            }
        }

        // Closing may write; a new entry for the same file may open it meanwhile, as SQLite allows.
        surplus?.File.Dispose();
    }

    /// <summary>The use of one file.</summary>
    internal readonly struct Loan(SqliteDatabaseFiles files, Entry entry) : IDisposable
    {
        /// <summary>The file.</summary>
        public SqliteDatabaseFile File => entry.File;

        /// <summary>Lends the file to nobody else and waits until the others have given it back.</summary>
        public Task WaitUntilLastAsync()
        {
            lock (files._lock)
            {
                entry.Unused = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                if (entry.Users == 1)
                {
                    entry.Unused.SetResult();
                }

                return entry.Unused.Task;
            }
        }

        /// <summary>Lends the file again.</summary>
        public void LendAgain()
        {
            lock (files._lock)
            {
                entry.Unused = null;
            }
        }

        /// <summary>The next to borrow gets a new entry: this one's connections are closed.</summary>
        public void Forget()
        {
            lock (files._lock)
            {
                files._entries.Remove(entry.Database);
            }
        }

        /// <inheritdoc/>
        public void Dispose() => files.Return(entry);
    }

    /// <summary>A file and who uses it; guarded by the lock.</summary>
    internal sealed class Entry(string database, SqliteDatabaseFile file)
    {
        public string Database { get; } = database;

        public SqliteDatabaseFile File { get; } = file;

        public int Users { get; set; }

        public LinkedListNode<Entry>? Idle { get; set; }

        /// <summary>Set while the file is being deleted; completes with the last other user.</summary>
        public TaskCompletionSource? Unused { get; set; }
    }
}
