using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Realtime.Documents;

/// <summary>Keeps documents in PostgreSQL, for any number of silos.</summary>
/// <remarks>
/// <c>body</c> is the document as it came; <c>keys</c> and <c>elements</c> (jsonb) hold what is needed to filter and sort,
/// because jsonb itself refuses some documents and takes different texts for equal (see <see cref="ComparisonKey"/>).
/// </remarks>
internal sealed class PostgresDocumentStore : IDocumentStore, IDisposable
{
    private const string FindPosition = "SELECT position FROM realtime.repositories WHERE database = $1 AND name = $2";

    private const string ListRepositories = "SELECT name FROM realtime.repositories WHERE database = $1 ORDER BY id";

    private readonly DocumentOptions _options;
    private readonly PostgresOptions _postgres;
    private readonly TimeProvider _time;
    private readonly PostgresCalls _calls;
    private readonly PostgresCommits _commits;

    /// <summary>Makes the store.</summary>
    public PostgresDocumentStore(
        PostgresDatabase connections,
        IOptions<DocumentOptions> options,
        IOptions<PostgresOptions> postgres,
        TimeProvider time,
        ILogger<PostgresDocumentStore> logger)
    {
        (_options, _postgres, _time) = (options.Value, postgres.Value, time);
        _calls = new PostgresCalls(connections, _options, time);
        _commits = new PostgresCommits(connections, _options, _postgres, time, logger);
    }

    /// <inheritdoc/>
    public async Task<Result<ReadOnlyMemory<byte>>> GetAsync(
        string database, string repository, DocumentScope scope, string id, CancellationToken cancellationToken)
    {
        var found = await FindAsync(database, repository, scope, [id], cancellationToken);
        return found.Error is { } error ? error
            : found.Value is [var document, ..] ? document.Body
            : RealtimeError.DocumentNotFound;
    }

    /// <inheritdoc/>
    public async Task<Result<ReadOnlyMemory<byte>>> GetManyAsync(
        string database, string repository, DocumentScope scope, IReadOnlyList<string> ids, CancellationToken cancellationToken)
    {
        var found = await FindAsync(database, repository, scope, ids, cancellationToken);
        if (found.Error is { } error)
        {
            return error;
        }

        var byId = found.Value!.ToDictionary(document => document.Id, StringComparer.Ordinal);
        var inOrder = ids.Select(id => byId.GetValueOrDefault(id)).OfType<PostgresDocument>();
        return JsonArrays.Join(inOrder.Select(document => document.Body.ToArray()), _options.MaxAnswerBytes);
    }

    /// <inheritdoc/>
    public Task<Result<DocumentPage>> QueryAsync(
        string database, string repository, DocumentScope scope, DocumentQuery query, CancellationToken cancellationToken) =>
        AtOneMomentAsync(
            database,
            repository,
            isLookup: query.Clauses.Length == 0 && query.SortField is null,
            (reads, token) => reads.QueryAsync(scope, query, token),
            new DocumentPage(0, JsonArrays.Empty),
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<long>> CountAsync(
        string database, string repository, DocumentScope scope, IReadOnlyList<QueryClause> clauses, CancellationToken cancellationToken) =>
        AtOneMomentAsync(
            database,
            repository,
            isLookup: clauses.Count == 0,
            (reads, token) => reads.CountAsync(scope, clauses, token),
            0L,
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<long>> GetPositionAsync(string database, string repository, CancellationToken cancellationToken) =>
        _calls.LookUpAsync<long>(
            async (connection, token) =>
            {
                await using var find = connection.Together(PostgresCommands.Create(FindPosition, database, repository));
                return await find.ExecuteScalarAsync(token) as long? ?? 0L;
            },
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<ChangeHistory>> ReadChangesAsync(
        string database, string repository, long after, int maxBytes, CancellationToken cancellationToken) =>
        AtOneMomentAsync(
            database,
            repository,
            isLookup: true,
            (reads, token) => reads.ReadChangesAsync(after, maxBytes, token),
            ChangeHistory.From(after, 0, []),
            cancellationToken);

    /// <inheritdoc/>
    public Task<Result<DocumentSelection>> SelectAsync(
        string database, string repository, BulkTarget target, DocumentSelection? previous, CancellationToken cancellationToken) =>
        AtOneMomentAsync(
            database,
            repository,
            isLookup: false,
            (reads, token) => reads.SelectAsync(target, previous, token),
            new DocumentSelection([], 0, 0, IsLast: true),
            cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(
        string database, string repository, IReadOnlyList<DocumentWrite> batch, CancellationToken cancellationToken) =>
        _calls.WriteAsync(() => _commits.CommitAsync(database, repository, batch), cancellationToken);

    /// <inheritdoc/>
    public Task<RealtimeError?> CreateIndexAsync(
        string database, string repository, string field, CancellationToken cancellationToken)
    {
        if (!FieldName.IsPlain(field))
        {
            return Task.FromResult<RealtimeError?>(FieldName.NotIndexable);
        }

        // These two are columns, with indexes of their own.
        return field is "id" or "accountId"
            ? Task.FromResult<RealtimeError?>(null)
            : _calls.WriteAsync(() => CreateIndexAsync(database, repository, field), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<string>> GetRepositoriesAsync(string database, CancellationToken cancellationToken)
    {
        var list = await _calls.LookUpAsync<List<string>>(
            async (connection, token) =>
            {
                await using var list = connection.Together(PostgresCommands.Create(ListRepositories, database));
                await using var reader = await list.ExecuteReaderAsync(token);
                var names = new List<string>();
                while (await reader.ReadAsync(token))
                {
                    names.Add(reader.GetString(0));
                }

                return names;
            },
            cancellationToken);
        return list.Error is { } error ? throw new TemporarilyUnavailableException(error.Message) : list.Value!;
    }

    /// <inheritdoc/>
    public async Task DeleteDatabaseAsync(string database, CancellationToken cancellationToken) =>
        await _calls.InTimeAsync(
            _postgres.DeleteTimeLimit,
            async (connection, token) =>
            {
                await PostgresDeletion.DeleteDatabaseAsync(connection, database, token);
                return true;
            },
            cancellationToken);

    /// <inheritdoc/>
    public void Dispose()
    {
        _commits.Dispose();
        _calls.Dispose();
    }

    private async Task<RealtimeError?> CreateIndexAsync(string database, string repository, string field)
    {
        try
        {
            return await _calls.InTimeAsync(
                _postgres.IndexTimeLimit + PostgresCalls.Grace,
                (connection, token) => new PostgresIndexes(connection, _options)
                    .CreateAsync(database, repository, field, _postgres.IndexTimeLimit, token),
                CancellationToken.None);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.QueryCanceled)
        {
            return RealtimeError.QueryTookTooLong;
        }
    }

    private Task<Result<List<PostgresDocument>>> FindAsync(
        string database, string repository, DocumentScope scope, IReadOnlyList<string> ids, CancellationToken cancellationToken) =>
        _calls.LookUpAsync<List<PostgresDocument>>(
            async (connection, token) =>
            {
                var escaped = ids.Select(PostgresText.Escape).ToArray();
                await using var find = connection.Together(
                    PostgresCommands.Create(PostgresCommands.FindDocuments, database, repository, escaped));
                await using var reader = await find.ExecuteReaderAsync(token);
                var documents = new List<PostgresDocument>();
                var bytes = 0L;
                while (await reader.ReadAsync(token))
                {
                    var document = PostgresDocument.Read(reader);
                    if (document.IsIn(scope))
                    {
                        documents.Add(document);
                        if ((bytes += document.Body.Length) > _options.MaxAnswerBytes)
                        {
                            return JsonArrays.AnswerTooLarge;
                        }
                    }
                }

                return documents;
            },
            cancellationToken);

    private Task<Result<T>> AtOneMomentAsync<T>(
        string database,
        string repository,
        bool isLookup,
        Func<PostgresReads, CancellationToken, Task<Result<T>>> read,
        Result<T> ifUnknown,
        CancellationToken cancellationToken)
    {
        return isLookup ? _calls.LookUpAsync(ReadAsync, cancellationToken) : _calls.FilterAsync(ReadAsync, cancellationToken);

        Task<Result<T>> ReadAsync(NpgsqlConnection connection, CancellationToken token) => PostgresMoment.ReadAsync(
            connection, database, repository, _options, _time, async reads => reads is null ? ifUnknown : await read(reads, token), token);
    }
}
