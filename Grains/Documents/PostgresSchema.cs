using Npgsql;

namespace Realtime.Documents;

/// <summary>The tables of the store, in a schema of their own, and the steps that lead to them.</summary>
/// <remarks>
/// All databases share the tables, so that a million repositories aren't a million tables and no client's request changes
/// the catalogue. Steps are only ever added, and leave what the previous version of the program needs.
/// </remarks>
internal static class PostgresSchema
{
    // seq is the position of the change that created the document: the order of creation, never used again.
    // A row of changes is a ChangeSegment; total is the sum of bytes up to and with it, written in Unix milliseconds.
    // Compression would cost more time than the bytes of a row that lives for minutes.
    // An entry of an index repeats the beginning of a document's key, Null's key included, so that it serves sorting too.
    private static readonly string[] Steps =
    [
        """
        CREATE TABLE realtime.repositories(
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            database text COLLATE "C" NOT NULL,
            name text COLLATE "C" NOT NULL,
            position bigint NOT NULL DEFAULT 0,
            documents bigint NOT NULL DEFAULT 0,
            batches uuid[] NOT NULL DEFAULT '{}',
            UNIQUE (database, name)
        ) WITH (fillfactor = 50);

        CREATE TABLE realtime.documents(
            repository bigint NOT NULL,
            seq bigint NOT NULL,
            id text COLLATE "C" NOT NULL,
            account text COLLATE "C" NOT NULL,
            owner text COLLATE "C" NOT NULL,
            body text NOT NULL,
            keys jsonb NOT NULL,
            elements jsonb,
            created timestamptz NOT NULL,
            PRIMARY KEY (repository, seq),
            UNIQUE (repository, id)
        ) WITH (fillfactor = 90);
        CREATE INDEX documents_account ON realtime.documents(repository, account, seq);
        CREATE INDEX documents_owner ON realtime.documents(repository, owner, seq);

        CREATE TABLE realtime.indexes(
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            repository bigint NOT NULL,
            field text COLLATE "C" NOT NULL,
            is_exact boolean NOT NULL DEFAULT true,
            UNIQUE (repository, field)
        );
        CREATE TABLE realtime.index_entries(
            index bigint NOT NULL,
            seq bigint NOT NULL,
            entry text COLLATE "C" NOT NULL,
            PRIMARY KEY (index, seq)
        );
        CREATE INDEX index_entries_entry ON realtime.index_entries(index, entry, seq);
        """,

        // Changes of the previous version, which knows no outbox, leave a gap in it that readers see.
        """
        ALTER TABLE realtime.repositories
            ADD COLUMN outbox_bytes bigint NOT NULL DEFAULT 0, ADD COLUMN outbox_written bigint NOT NULL DEFAULT 0;

        CREATE TABLE realtime.changes(
            repository bigint NOT NULL,
            last bigint NOT NULL,
            first bigint NOT NULL,
            total bigint NOT NULL,
            written bigint NOT NULL,
            data bytea NOT NULL,
            PRIMARY KEY (repository, last)
        );
        ALTER TABLE realtime.changes ALTER data SET STORAGE EXTERNAL;
        """,
    ];

    /// <summary>Takes the steps that are missing. Processes that start at once take them once.</summary>
    /// <param name="source">The database.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Number of steps taken.</returns>
    public static async Task<int> MigrateAsync(NpgsqlDataSource source, CancellationToken cancellationToken)
    {
        await using var connection = await source.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, "SELECT pg_advisory_xact_lock(7607607607)", cancellationToken);
        if ((string?)await ScalarAsync(connection, "SHOW server_encoding", cancellationToken) is not "UTF8" and var encoding)
        {
            throw new InvalidOperationException(
                $"{PostgresOptions.Setting} must name a database with the encoding UTF8; this one has {encoding}.");
        }

        // A role without the right to create anything can start, too, once there is nothing left to do.
        if (await ScalarAsync(connection, "SELECT to_regclass('realtime.migrations')::text", cancellationToken) is not string)
        {
            await ExecuteAsync(
                connection,
                """
                CREATE SCHEMA IF NOT EXISTS realtime;
                CREATE TABLE realtime.migrations(step int PRIMARY KEY, taken timestamptz NOT NULL DEFAULT now())
                """,
                cancellationToken);
        }

        var taken = (int)(await ScalarAsync(
            connection, "SELECT coalesce(max(step), 0) FROM realtime.migrations", cancellationToken))!;
        for (var step = taken; step < Steps.Length; step++)
        {
            await ExecuteAsync(connection, Steps[step], cancellationToken);
            await ExecuteAsync(
                connection, $"INSERT INTO realtime.migrations(step) VALUES ({step + 1})", cancellationToken);
        }

        await transaction.CommitAsync(cancellationToken);
        return Math.Max(0, Steps.Length - taken);
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static async Task<object?> ScalarAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = Command(connection, sql);
        return await command.ExecuteScalarAsync(cancellationToken);
    }

#pragma warning disable CA2100 // Only texts of this file.
    private static NpgsqlCommand Command(NpgsqlConnection connection, string sql) => new(sql, connection);
#pragma warning restore CA2100
}
