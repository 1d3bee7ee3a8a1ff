using System.Collections.Immutable;

namespace Realtime.Documents;

/// <summary>The reads of one repository on one connection.</summary>
internal sealed class SqliteReads(SqliteSession session, SqliteTable table, DocumentOptions options)
{
    /// <summary>Finds the table of a repository.</summary>
    /// <param name="file">The database's file.</param>
    /// <param name="session">A connection to it.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <returns>Null if there is none.</returns>
    public static SqliteTable? FindTable(SqliteDatabaseFile file, SqliteSession session, string repository)
    {
        if (file.Tables.TryGetValue(repository, out var table))
        {
            return table;
        }

        using var reader = session.Prepared(SqliteTable.FindRepository, repository).ExecuteReader();
        return reader.Read() ? file.Tables.GetOrAdd(repository, new SqliteTable(reader.GetInt64(0))) : null;
    }

    /// <summary>See <see cref="IDocumentStore.GetRepositoriesAsync"/>.</summary>
    /// <param name="session">A connection to the database's file.</param>
    public static IReadOnlyList<string> ListRepositories(SqliteSession session)
    {
        using var reader = session.Prepared(SqliteTable.ListRepositories).ExecuteReader();
        var names = new List<string>();
        while (reader.Read())
        {
            names.Add(reader.GetString(0));
        }

        return names;
    }

    /// <summary>See <see cref="IDocumentStore.GetPositionAsync"/>.</summary>
    /// <param name="repository">Full name of the repository.</param>
    public long Position(string repository)
    {
        using var reader = session.Prepared(SqliteTable.FindRepository, repository).ExecuteReader();
        return reader.Read() ? reader.GetInt64(1) : 0;
    }

    /// <summary>See <see cref="IDocumentStore.ReadChangesAsync"/>.</summary>
    public ChangeHistory Changes(string repository, long after, int maxBytes) => AtOneMoment(() =>
        ChangeHistory.From(after, Position(repository), SqliteOutbox.ReadAfter(session, table.Id, after, maxBytes)));

    /// <summary>See <see cref="IDocumentStore.GetAsync"/>.</summary>
    public byte[]? Get(DocumentScope scope, string id)
    {
        using var reader = session.Prepared(table.FindById, id).ExecuteReader();
        return reader.Read() && scope.Contains(reader.GetString(2), reader.GetString(3))
            ? reader.GetFieldValue<byte[]>(4)
            : null;
    }

    /// <summary>See <see cref="IDocumentStore.GetManyAsync"/>.</summary>
    public Result<ReadOnlyMemory<byte>> GetMany(DocumentScope scope, IReadOnlyList<string> ids) =>
        AtOneMoment(() => JsonArrays.Join(ids.Select(id => Get(scope, id)).OfType<byte[]>(), options.MaxAnswerBytes));

    /// <summary>See <see cref="IDocumentStore.CountAsync"/>.</summary>
    public Result<long> Count(DocumentScope scope, IReadOnlyList<QueryClause> clauses)
    {
        var conditions = new SqliteConditions();
        conditions.Add(scope);
        return conditions.Add(clauses) is { } error ? error : Count(conditions);
    }

    /// <summary>See <see cref="IDocumentStore.QueryAsync"/>.</summary>
    public Result<DocumentPage> Query(DocumentScope scope, DocumentQuery query)
    {
        var conditions = new SqliteConditions();
        conditions.Add(scope);
        if (conditions.Add(query.Clauses) is { } error)
        {
            return error;
        }

        var size = Math.Clamp(query.Size, 1, DocumentLimits.MaxPageSize);
        var offset = (Math.Max(1, query.Page) - 1L) * size;
        return AtOneMoment<Result<DocumentPage>>(() =>
        {
            var total = Count(conditions);
            if (offset >= total)
            {
                return new DocumentPage(total, JsonArrays.Empty);
            }

            var results = JsonArrays.Join(Page(conditions, query, total, size, offset), options.MaxAnswerBytes);
            return results.Error is { } tooLarge ? tooLarge : new DocumentPage(total, results.Value);
        });
    }

    /// <summary>See <see cref="IDocumentStore.SelectAsync"/>.</summary>
    public Result<DocumentSelection> Select(BulkTarget target, DocumentSelection? previous) =>
        AtOneMoment(() => SelectNext(target, previous));

    private Result<DocumentSelection> SelectNext(BulkTarget target, DocumentSelection? previous)
    {
        var until = previous?.Until ?? (long)session.Prepared(table.LastSequence).ExecuteScalar()!;
        var conditions = new SqliteConditions();
        conditions.Add($"seq > {conditions.Parameter(previous is { Documents: [.., var last] } ? last : 0L)}");
        conditions.Add($"seq <= {conditions.Parameter(until)}");
        conditions.Add(target.Access.Read);
        conditions.Add(target.Access.Write);
        if (conditions.Add(target.Clauses) is { } error)
        {
            return error;
        }

        var limit = conditions.Parameter(options.ChunkDocuments);
        using var command = session.Create(table.Select(conditions, limit), conditions.Parameters);
        using var reader = command.ExecuteReader();
        var documents = ImmutableArray.CreateBuilder<long>();
        var bytes = 0L;
        while (bytes < options.ChunkBytes && reader.Read())
        {
            documents.Add(reader.GetInt64(0));
            bytes += reader.GetInt64(1);
        }

        var isLast = bytes < options.ChunkBytes && documents.Count < options.ChunkDocuments;
        return new DocumentSelection(documents.ToImmutable(), bytes, until, isLast);
    }

    private long Count(SqliteConditions conditions)
    {
        using var command = session.Create(table.Count(conditions), conditions.Parameters);
        return (long)command.ExecuteScalar()!;
    }

    private List<byte[]> Page(SqliteConditions conditions, DocumentQuery query, long total, int size, long offset)
    {
        var sortValue = query.SortField is { } field ? conditions.Field(field).Value : null;

        // A page behind the middle is nearer to the other end: read it from there and turn it round.
        var count = Math.Min(size, total - offset);
        var isNearerToEnd = offset > total / 2;
        var descending = query.Descending != isNearerToEnd;
        var limit = conditions.Parameter(count);
        var skip = conditions.Parameter(isNearerToEnd ? total - offset - count : offset);
        using var command = session.Create(
            table.Page(conditions, sortValue, descending, limit, skip), conditions.Parameters);
        using var reader = command.ExecuteReader();
        var page = new List<byte[]>();
        while (reader.Read())
        {
            page.Add(reader.GetFieldValue<byte[]>(0));
        }

        if (isNearerToEnd)
        {
            page.Reverse();
        }

        return page;
    }

    private T AtOneMoment<T>(Func<T> read)
    {
        session.Run("BEGIN");
        try
        {
            return read();
        }
        finally
        {
            session.Run("ROLLBACK");
        }
    }
}
