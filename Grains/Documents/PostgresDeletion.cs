using Npgsql;

namespace Realtime.Documents;

/// <summary>Deletes all that a database holds.</summary>
internal static class PostgresDeletion
{
    private const string LockRepositories = "SELECT id FROM realtime.repositories WHERE database = $1 ORDER BY id FOR UPDATE";

    private const string DeleteEntries = """
        DELETE FROM realtime.index_entries WHERE index IN (
            SELECT i.id FROM realtime.indexes i JOIN realtime.repositories r ON r.id = i.repository WHERE r.database = $1)
        """;

    private const string DeleteIndexes =
        "DELETE FROM realtime.indexes WHERE repository IN (SELECT id FROM realtime.repositories WHERE database = $1)";

    private const string DeleteDocuments =
        "DELETE FROM realtime.documents WHERE repository IN (SELECT id FROM realtime.repositories WHERE database = $1)";

    private const string DeleteChanges =
        "DELETE FROM realtime.changes WHERE repository IN (SELECT id FROM realtime.repositories WHERE database = $1)";

    private const string DeleteRepositories = "DELETE FROM realtime.repositories WHERE database = $1";

    /// <summary>Deletes, after the writes that are under way. An operator's call: it takes the time that it takes.</summary>
    /// <param name="connection">A connection.</param>
    /// <param name="database">Public key.</param>
    /// <param name="cancellationToken">Ends it; then nothing is deleted.</param>
    public static async Task DeleteDatabaseAsync(
        NpgsqlConnection connection, string database, CancellationToken cancellationToken)
    {
        await using var delete = connection.Together(
            PostgresCommands.Create("BEGIN"),
            PostgresCommands.Create(PostgresCommands.LockDatabase, database),
            PostgresCommands.Create(LockRepositories, database),
            PostgresCommands.Create(DeleteEntries, database),
            PostgresCommands.Create(DeleteIndexes, database),
            PostgresCommands.Create(DeleteDocuments, database),
            PostgresCommands.Create(DeleteChanges, database),
            PostgresCommands.Create(DeleteRepositories, database),
            PostgresCommands.Create("COMMIT"));
        await delete.ExecuteNonQueryAsync(cancellationToken);
    }
}
