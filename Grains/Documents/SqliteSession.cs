using System.Diagnostics;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Realtime.Documents;

/// <summary>One connection to a database file with its prepared statements. Used by one thread at a time.</summary>
internal sealed class SqliteSession : IDisposable
{
    private const int InterruptCode = 9;
    private const int StepsBetweenChecks = 1000;
    private const int MaxPrepared = 128;

    private readonly SqliteConnection _connection;
    private readonly Dictionary<string, SqliteCommand> _prepared = new(StringComparer.Ordinal);
    private long _deadline = long.MaxValue;

    private SqliteSession(SqliteConnection connection)
    {
        _connection = connection;
        raw.sqlite3_progress_handler(
            connection.Handle, StepsBetweenChecks, _ => Stopwatch.GetTimestamp() > _deadline ? 1 : 0, null);
    }

    /// <summary>Whether a transaction is open.</summary>
    public bool InTransaction => raw.sqlite3_get_autocommit(_connection.Handle) == 0;

    /// <summary>Opens the only writing connection of a file; makes the file if need be.</summary>
    /// <param name="path">Path of the file.</param>
    public static SqliteSession OpenWriter(string path)
    {
        var session = Open(path, SqliteOpenMode.ReadWriteCreate);
        session.Execute("PRAGMA journal_mode = WAL");

        // A commit is on the disk before anyone is told; WAL's default would lose the last ones with the power.
        session.Execute("PRAGMA synchronous = FULL");
        session.Execute(SqliteTable.CreateCatalogue);
        session.Execute(SqliteOutbox.CreateTable);
        return session;
    }

    /// <summary>Opens a reading connection of a file.</summary>
    /// <param name="path">Path of the file.</param>
    /// <returns>Null if the file isn't there yet, or its first writer hasn't finished making it.</returns>
    public static SqliteSession? TryOpenReader(string path)
    {
        if (!File.Exists(path))
        {
            return null;
        }

        var session = Open(path, SqliteOpenMode.ReadWrite);
        session.Execute("PRAGMA query_only = ON");
        if ((long)session.Prepared(SqliteTable.HasCatalogue).ExecuteScalar()! > 0)
        {
            return session;
        }

        session.Dispose();
        return null;
    }

    /// <summary>Whether an error says that <see cref="Limit"/> interrupted a statement.</summary>
    /// <param name="error">The error.</param>
    public static bool IsTimeLimit(SqliteException error) => error.SqliteErrorCode == InterruptCode;

    /// <summary>Interrupts statements that run past a time from now; null lifts the limit.</summary>
    /// <param name="time">The time.</param>
    public void Limit(TimeSpan? time) =>
        _deadline = time is { } limit
            ? Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency)
            : long.MaxValue;

    /// <summary>A statement that is kept prepared, with its parameters <c>$1</c>, <c>$2</c> …</summary>
    /// <param name="sql">One of a limited number of texts.</param>
    /// <param name="parameters">The parameters.</param>
    public SqliteCommand Prepared(string sql, params ReadOnlySpan<object> parameters)
    {
        if (!_prepared.TryGetValue(sql, out var command))
        {
            if (_prepared.Count >= MaxPrepared)
            {
                ClearPrepared();
            }

            command = Create(sql);
            _prepared.Add(sql, command);
        }

        return Bind(command, parameters);
    }

    /// <summary>A statement for one use, to be disposed of.</summary>
    /// <param name="sql">Any text.</param>
    /// <param name="parameters">The parameters <c>$1</c>, <c>$2</c> …</param>
    public SqliteCommand Create(string sql, params ReadOnlySpan<object> parameters)
    {
        var command = _connection.CreateCommand();
#pragma warning disable CA2100 // What comes from clients is in parameters or passed FieldName.IsPlain.
        command.CommandText = sql;
#pragma warning restore CA2100
        return Bind(command, parameters);
    }

    /// <summary>Runs a prepared statement that answers no rows.</summary>
    /// <param name="sql">One of a limited number of texts.</param>
    /// <param name="parameters">The parameters <c>$1</c>, <c>$2</c> …</param>
    public void Run(string sql, params ReadOnlySpan<object> parameters) => Prepared(sql, parameters).ExecuteNonQuery();

    /// <summary>Runs a statement once.</summary>
    /// <param name="sql">Any text.</param>
    public void Execute(string sql)
    {
        using var command = Create(sql);
        command.ExecuteNonQuery();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        ClearPrepared();
        _connection.Dispose();
    }

    private static SqliteSession Open(string path, SqliteOpenMode mode)
    {
        // The store pools by itself: it must be able to close a file in order to delete it.
        var source = new SqliteConnectionStringBuilder { DataSource = path, Mode = mode, Pooling = false };
        var connection = new SqliteConnection(source.ToString());
        try
        {
            connection.Open();
            return new SqliteSession(connection);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static SqliteCommand Bind(SqliteCommand command, ReadOnlySpan<object> parameters)
    {
        command.Parameters.Clear();
        for (var i = 0; i < parameters.Length; i++)
        {
            command.Parameters.AddWithValue($"${i + 1}", parameters[i]);
        }

        return command;
    }

    private void ClearPrepared()
    {
        foreach (var command in _prepared.Values)
        {
            command.Dispose();
        }

        _prepared.Clear();
    }
}
