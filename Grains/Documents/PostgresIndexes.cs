using Npgsql;

namespace Realtime.Documents;

/// <summary>Makes indexes (see <see cref="IDocumentStore.CreateIndexAsync"/>), in a transaction that keeps writers away.</summary>
internal sealed class PostgresIndexes(NpgsqlConnection connection, DocumentOptions options)
{
    private const string Add = "INSERT INTO realtime.indexes(repository, field) VALUES ($1, $2) RETURNING id";

    private const string Fill = """
        INSERT INTO realtime.index_entries(index, seq, entry)
        SELECT $1, seq, left(coalesce(keys ->> $3, $4), 256) FROM realtime.documents WHERE repository = $2
        """;

    private const string Check = """
        UPDATE realtime.indexes SET is_exact = false
        WHERE id = $1 AND EXISTS (SELECT 1 FROM realtime.index_entries WHERE index = $1 AND length(entry) >= 256)
        """;

    /// <summary>Makes an index; there may be one already.</summary>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <param name="field">A plain name.</param>
    /// <param name="timeLimit">Time that it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<RealtimeError?> CreateAsync(
        string database, string repository, string field, TimeSpan timeLimit, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await using var begin = connection.Together(
            PostgresCommands.Limit(timeLimit),
            PostgresCommands.Create(PostgresCommands.LockDatabase, database),
            PostgresCommands.Create(PostgresCommands.AddRepository, database, repository, options.MaxRepositories),
            PostgresCommands.Create(PostgresCommands.LockRepository, database, repository),
            PostgresCommands.Create(PostgresCommands.FindIndexes, database, repository));
        PostgresRepository? found;
        await using (var reader = await begin.ExecuteReaderAsync(cancellationToken))
        {
            await reader.NextResultAsync(cancellationToken);
            await reader.NextResultAsync(cancellationToken);
            found = await PostgresCommands.ReadRepositoryAsync(reader, cancellationToken);
        }

        if (found is null)
        {
            return DocumentOptions.TooManyRepositories;
        }

        if (found.FindIndex(field) is not null)
        {
            return null;
        }

        if (found.Indexes.Count >= options.MaxIndexes)
        {
            return FieldName.TooManyIndexes;
        }

        await using var add = connection.Together(PostgresCommands.Create(Add, found.Id, field));
        var index = (long)(await add.ExecuteScalarAsync(cancellationToken))!;
        await using var fill = connection.Together(
            PostgresCommands.Create(Fill, index, found.Id, field, ComparisonKey.Null), PostgresCommands.Create(Check, index));
        await fill.ExecuteNonQueryAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return null;
    }
}
