using Npgsql;

namespace Realtime.Documents;

/// <summary>Runs several statements on one state of the database, within one time limit.</summary>
internal static class PostgresMoment
{
    /// <summary>Reads.</summary>
    /// <param name="connection">A connection.</param>
    /// <param name="database">Public key.</param>
    /// <param name="repository">Full name of the repository.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="time">The clock.</param>
    /// <param name="read">The read; gets null if there is no such repository.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<T> ReadAsync<T>(
        NpgsqlConnection connection,
        string database,
        string repository,
        DocumentOptions options,
        TimeProvider time,
        Func<PostgresReads?, Task<T>> read,
        CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        PostgresRepository? found;
        await using (var begin = connection.Together(
            PostgresCommands.Create("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"),
            PostgresCommands.Create(PostgresCommands.FindRepository, database, repository),
            PostgresCommands.Create(PostgresCommands.FindIndexes, database, repository)))
        await using (var reader = await begin.ExecuteReaderAsync(cancellationToken))
        {
            found = await PostgresCommands.ReadRepositoryAsync(reader, cancellationToken);
        }

        var result = await read(found is null
            ? null
            : new PostgresReads(connection, found, options, () => options.FilterTimeLimit - time.GetElapsedTime(start)));
        await using var end = connection.Together(PostgresCommands.Create("COMMIT"));
        await end.ExecuteNonQueryAsync(cancellationToken);
        return result;
    }
}
