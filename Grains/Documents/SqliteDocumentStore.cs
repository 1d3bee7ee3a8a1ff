using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Realtime.Documents;

/// <summary>
/// Keeps documents in SQLite, one file per database. For a single silo: a file belongs to one process.
/// </summary>
/// <remarks>SQLite's calls block, so they run on the thread pool, in bounded number, never on a grain's scheduler.</remarks>
internal sealed class SqliteDocumentStore : IDocumentStore, IDisposable
{
    private readonly DocumentOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<SqliteDocumentStore> _logger;
    private readonly SqliteDatabaseFiles _files;
    private readonly SemaphoreSlim _lookups;
    private readonly SemaphoreSlim _filters;
    private readonly SemaphoreSlim _commits;

    /// <summary>Makes the store; its folder appears with the first write.</summary>
    public SqliteDocumentStore(IOptions<DocumentOptions> options, TimeProvider time, ILogger<SqliteDocumentStore> logger)
    {
        _options = options.Value;
        _time = time;
        _logger = logger;
        _files = new SqliteDatabaseFiles(Path.Combine(_options.DataFolder, "documents"), _options.MaxOpenDatabases);
        _lookups = new SemaphoreSlim(_options.MaxConcurrentLookups);
        _filters = new SemaphoreSlim(_options.MaxConcurrentFilters);
        _commits = new SemaphoreSlim(_options.MaxConcurrentCommits);
    }

    /// <inheritdoc/>
    public Task<Result<ReadOnlyMemory<byte>>> GetAsync(
        string database, string repository, DocumentScope scope, string id, CancellationToken cancellationToken) =>
        ReadAsync<ReadOnlyMemory<byte>>(
            database,
            repository,
            _lookups,
            reads => reads.Get(scope, id) is { } document ? new ReadOnlyMemory<byte>(document) : RealtimeError.DocumentNotFound,
            RealtimeError.DocumentNotFound,
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<ReadOnlyMemory<byte>>> GetManyAsync(
        string database, string repository, DocumentScope scope, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        ReadAsync(database, repository, _lookups, reads => reads.GetMany(scope, ids), JsonArrays.Empty, cancellationToken);

    /// <inheritdoc/>
    public Task<Result<DocumentPage>> QueryAsync(
        string database, string repository, DocumentScope scope, DocumentQuery query, CancellationToken cancellationToken) =>
        ReadAsync(
            database,
            repository,
            query.Clauses.Length == 0 && query.SortField is null ? _lookups : _filters,
            reads => reads.Query(scope, query),
            new DocumentPage(0, JsonArrays.Empty),
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<long>> CountAsync(
        string database, string repository, DocumentScope scope, IReadOnlyList<QueryClause> clauses, CancellationToken cancellationToken) =>
        ReadAsync(
            database,
            repository,
            clauses.Count == 0 ? _lookups : _filters,
            reads => reads.Count(scope, clauses),
            0L,
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<long>> GetPositionAsync(string database, string repository, CancellationToken cancellationToken) =>
        ReadAsync<long>(database, repository, _lookups, reads => reads.Position(repository), 0L, cancellationToken);

    /// <inheritdoc/>
    public Task<Result<ChangeHistory>> ReadChangesAsync(
        string database, string repository, long after, int maxBytes, CancellationToken cancellationToken) =>
        ReadAsync<ChangeHistory>(
            database,
            repository,
            _lookups,
            reads => reads.Changes(repository, after, maxBytes),
            ChangeHistory.From(after, 0, []),
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<DocumentSelection>> SelectAsync(
        string database, string repository, BulkTarget target, DocumentSelection? previous, CancellationToken cancellationToken) =>
        ReadAsync(
            database,
            repository,
            _filters,
            reads => reads.Select(target, previous),
            new DocumentSelection([], 0, 0, IsLast: true),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(
        string database, string repository, IReadOnlyList<DocumentWrite> batch, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlyList<DocumentWriteResult>>(
            database,
            (session, file) => SqliteBatch.Commit(session, file, repository, batch, _options, _time.GetUtcNow(), _logger),
            cancellationToken);

    /// <inheritdoc/>
    public Task<RealtimeError?> CreateIndexAsync(
        string database, string repository, string field, CancellationToken cancellationToken) =>
        WriteAsync(
            database,
            (session, file) => SqliteBatch.CreateIndex(session, file, repository, field, _options, _time.GetUtcNow(), _logger),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<string>> GetRepositoriesAsync(string database, CancellationToken cancellationToken) =>
        Task.Run(
            () =>
            {
                using var loan = _files.Borrow(database, create: false);
                return loan is { } known ? known.File.Read(SqliteReads.ListRepositories, []) : [];
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task DeleteDatabaseAsync(string database, CancellationToken cancellationToken) =>
        Task.Run(() => _files.DeleteAsync(database, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _files.Dispose();
        _lookups.Dispose();
        _filters.Dispose();
        _commits.Dispose();
    }

    private Task<Result<T>> ReadAsync<T>(
        string database,
        string repository,
        SemaphoreSlim gate,
        Func<SqliteReads, Result<T>> read,
        Result<T> ifUnknown,
        CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                // Whoever asked gives up after a while; a queue of reads that nobody waits for would only grow.
                if (!await gate.WaitAsync(_options.MaxReadWait, cancellationToken))
                {
                    return RealtimeError.TemporarilyUnavailable;
                }

                try
                {
                    using var loan = _files.Borrow(database, create: false);
                    return loan is { } known
                        ? known.File.Read(session => ReadInTime(known.File, session, repository, read, ifUnknown), ifUnknown)
                        : ifUnknown;
                }
                finally
                {
                    gate.Release();
                }
            },
            cancellationToken);

    private Result<T> ReadInTime<T>(
        SqliteDatabaseFile file, SqliteSession session, string repository, Func<SqliteReads, Result<T>> read, Result<T> ifUnknown)
    {
        session.Limit(_options.FilterTimeLimit);
        try
        {
            return SqliteReads.FindTable(file, session, repository) is { } table
                ? read(new SqliteReads(session, table, _options))
                : ifUnknown;
        }
        catch (SqliteException error) when (SqliteSession.IsTimeLimit(error))
        {
            return RealtimeError.QueryTookTooLong;
        }
        finally
        {
            session.Limit(null);
        }
    }

    private Task<T> WriteAsync<T>(
        string database, Func<SqliteSession, SqliteDatabaseFile, T> write, CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                using var loan = _files.Borrow(database, create: true)
                    ?? throw new InvalidOperationException("The database is being deleted.");
                return await loan.File.WriteAsync(session => write(session, loan.File), _commits, cancellationToken);
            },
            cancellationToken);
}
