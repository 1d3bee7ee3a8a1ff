using System.Collections.Concurrent;

namespace Realtime.Documents;

/// <summary>The connections to one database's file: one that writes, and some that read.</summary>
internal sealed class SqliteDatabaseFile(string path) : IDisposable
{
    private const int MaxIdleReaders = 4;

    private readonly ConcurrentStack<SqliteSession> _readers = new();
    private readonly SemaphoreSlim _writing = new(1, 1);
    private SqliteSession? _writer;

    /// <summary>Tables of repositories that are durable. A repository never goes away, so what was found stays true.</summary>
    public ConcurrentDictionary<string, SqliteTable> Tables { get; } = new(StringComparer.Ordinal);

    /// <summary>Runs a read on this thread.</summary>
    /// <param name="read">The read.</param>
    /// <param name="ifEmpty">The answer if nothing was ever written.</param>
    public T Read<T>(Func<SqliteSession, T> read, T ifEmpty)
    {
        if (!_readers.TryPop(out var session) && (session = SqliteSession.TryOpenReader(path)) is null)
        {
            return ifEmpty;
        }

        try
        {
            return read(session);
        }
        finally
        {
            if (session.InTransaction || _readers.Count >= MaxIdleReaders)
            {
                session.Dispose();
            }
            else
            {
                _readers.Push(session);
            }
        }
    }

    /// <summary>Runs a write on a thread of the pool when the writes before it are done.</summary>
    /// <param name="write">The write.</param>
    /// <param name="gate">Bounds the transactions of all files; entered last, so that a busy file holds up no other.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task<T> WriteAsync<T>(Func<SqliteSession, T> write, SemaphoreSlim gate, CancellationToken cancellationToken)
    {
        await _writing.WaitAsync(cancellationToken);
        try
        {
            await gate.WaitAsync(cancellationToken);
            try
            {
                return write(_writer ??= SqliteSession.OpenWriter(path));
            }
            catch
            {
                // Whatever state the connection is in, the next write begins on a new one.
                _writer?.Dispose();
                _writer = null;
                throw;
            }
            finally
            {
                gate.Release();
            }
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Closes all connections. Nobody may use the file any more.</summary>
    public void Dispose()
    {
        while (_readers.TryPop(out var reader))
        {
            reader.Dispose();
        }

        // The last connection to close moves the write-ahead log into the file.
        _writer?.Dispose();
        _writer = null;
        _writing.Dispose();
    }
}
