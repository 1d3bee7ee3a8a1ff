using Npgsql;

namespace Realtime.Documents;

/// <summary>The fixed statements of the store, and how commands are made.</summary>
internal static class PostgresCommands
{
    /// <summary>Finds a repository by database and name, and keeps other writers away until the transaction ends.</summary>
    public const string LockRepository = FindRepository + " FOR UPDATE";

    /// <summary>Finds a repository by database and name: id, position, number of documents, bytes and time of its outbox, and the time.</summary>
    public const string FindRepository = """
        SELECT id, position, documents, outbox_bytes, outbox_written, (extract(epoch FROM clock_timestamp()) * 1000)::bigint
        FROM realtime.repositories WHERE database = $1 AND name = $2
        """;

    /// <summary>The indexes of a repository: id, field, whether all keys fit into their entries.</summary>
    public const string FindIndexes = """
        SELECT id, field, is_exact FROM realtime.indexes
        WHERE repository = (SELECT id FROM realtime.repositories WHERE database = $1 AND name = $2)
        """;

    /// <summary>Documents of a repository by their ids: seq, id, account, owner, body.</summary>
    /// <remarks>
    /// Where statistics don't know the repository, as they don't know any that grows fast, the planner takes it for small and
    /// would rather read all of it than find some ids one by one. <c>OFFSET 0</c> keeps it from choosing, here and below.
    /// </remarks>
    public const string FindDocuments = """
        SELECT d.seq, d.id, d.account, d.owner, d.body
        FROM (SELECT id FROM realtime.repositories WHERE database = $1 AND name = $2) r
        CROSS JOIN (SELECT DISTINCT unnest($3::text[]) AS id) n
        CROSS JOIN LATERAL (SELECT * FROM realtime.documents d WHERE d.repository = r.id AND d.id = n.id OFFSET 0) d
        """;

    /// <summary>Keeps others from adding repositories to a database, or deleting it, until the transaction ends.</summary>
    public const string LockDatabase = "SELECT pg_advisory_xact_lock(hashtextextended($1, 760))";

    /// <summary>Adds a repository to a database, unless it has as many as it may.</summary>
    public const string AddRepository = """
        INSERT INTO realtime.repositories(database, name)
        SELECT $1, $2 WHERE (SELECT count(*) FROM realtime.repositories WHERE database = $1) < $3
        ON CONFLICT DO NOTHING
        """;

    /// <summary>Adds documents.</summary>
    public const string Insert = """
        INSERT INTO realtime.documents(repository, seq, id, account, owner, body, keys, elements, created)
        SELECT $1, n.seq, n.id, n.account, n.owner, convert_from(n.body, 'UTF8'),
            convert_from(n.keys, 'UTF8')::jsonb, convert_from(n.elements, 'UTF8')::jsonb, $9
        FROM unnest($2::bigint[], $3::text[], $4::text[], $5::text[], $6::bytea[], $7::bytea[], $8::bytea[])
            AS n(seq, id, account, owner, body, keys, elements)
        """;

    /// <summary>Replaces the bodies of documents.</summary>
    /// <remarks>
    /// The place of a row, its <c>ctid</c>, is that of the row as the statement sees it: here and below it is used while the
    /// transaction holds the lock on the repository, so that nobody else moves the row.
    /// </remarks>
    public const string Update = """
        UPDATE realtime.documents d
        SET body = convert_from(n.body, 'UTF8'), keys = convert_from(n.keys, 'UTF8')::jsonb,
            elements = convert_from(n.elements, 'UTF8')::jsonb
        FROM unnest($2::bigint[], $3::bytea[], $4::bytea[], $5::bytea[]) AS n(seq, body, keys, elements)
        CROSS JOIN LATERAL (SELECT ctid AS place FROM realtime.documents WHERE repository = $1 AND seq = n.seq OFFSET 0) o
        WHERE d.ctid = o.place
        """;

    /// <summary>Removes documents.</summary>
    public const string Delete = """
        DELETE FROM realtime.documents WHERE ctid = ANY(ARRAY(
            SELECT o.place FROM unnest($2::bigint[]) AS n(seq)
            CROSS JOIN LATERAL (SELECT ctid AS place FROM realtime.documents WHERE repository = $1 AND seq = n.seq OFFSET 0) o))
        """;

    /// <summary>Adds or changes the entries of documents in an index.</summary>
    public const string SetEntries = """
        INSERT INTO realtime.index_entries AS e (index, seq, entry)
        SELECT $1, n.seq, left(n.key, 256) FROM unnest($2::bigint[], $3::text[]) AS n(seq, key)
        ON CONFLICT (index, seq) DO UPDATE SET entry = excluded.entry WHERE e.entry <> excluded.entry
        """;

    /// <summary>Notes that an index has entries that are cut short.</summary>
    public const string MarkInexact = "UPDATE realtime.indexes SET is_exact = false WHERE id = $1";

    /// <summary>Removes the entries of documents from indexes.</summary>
    public const string RemoveEntries = """
        DELETE FROM realtime.index_entries WHERE ctid = ANY(ARRAY(
            SELECT o.place FROM unnest($1::bigint[]) AS i(index)
            CROSS JOIN unnest($2::bigint[]) AS n(seq)
            CROSS JOIN LATERAL (SELECT ctid AS place FROM realtime.index_entries WHERE index = i.index AND seq = n.seq OFFSET 0) o))
        """;

    /// <summary>Moves a repository's position, number of documents and outbox, and notes the batch among the last 16.</summary>
    public const string MovePosition = """
        UPDATE realtime.repositories
        SET position = $2, documents = documents + $3, batches = batches[array_length(batches, 1) - 14:] || $4,
            outbox_bytes = $5, outbox_written = $6
        WHERE id = $1
        """;

    /// <summary>
    /// The same for a repository that wasn't locked before. Divides by zero if its position isn't the one it is known by: then
    /// somebody else has changed it, or it is gone.
    /// </summary>
    public const string MoveKnown = $"WITH moved AS ({MovePosition} AND position = $7 RETURNING 1) SELECT 1 / count(*) FROM moved";

    /// <summary>
    /// Divides by zero if a repository doesn't have a number of indexes: one was made since, which moves no position. Stands
    /// behind <see cref="MoveKnown"/>, so that it sees what was made until the row was locked.
    /// </summary>
    public const string CheckIndexes = "SELECT 1 / (count(*) = $2)::int FROM realtime.indexes WHERE repository = $1";

    /// <summary>Whether a repository, by database and name, has committed a batch lately; waits for one under way.</summary>
    public const string FindBatch =
        "SELECT $3 = ANY(batches) FROM realtime.repositories WHERE database = $1 AND name = $2 FOR UPDATE";

    /// <summary>Ends statements of this transaction that run past a number of milliseconds.</summary>
    public const string LimitTime = "SELECT set_config('statement_timeout', $1, true)";

    /// <summary>Makes a command.</summary>
    /// <param name="sql">Text in which nothing comes from clients.</param>
    /// <param name="parameters">The parameters <c>$1</c>, <c>$2</c> …</param>
    public static NpgsqlBatchCommand Create(string sql, params ReadOnlySpan<object> parameters)
    {
#pragma warning disable CA2100 // What comes from clients is in parameters.
        var command = new NpgsqlBatchCommand(sql);
#pragma warning restore CA2100
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = parameter });
        }

        return command;
    }

    /// <summary>Makes a command that ends statements past a time.</summary>
    /// <param name="time">The time; at least a millisecond counts, as 0 would mean for ever.</param>
    public static NpgsqlBatchCommand Limit(TimeSpan time) =>
        Create(LimitTime, Math.Max(1, (long)time.TotalMilliseconds).ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Puts commands together that take one round trip.</summary>
    /// <param name="connection">The connection.</param>
    /// <param name="commands">The commands.</param>
    public static NpgsqlBatch Together(this NpgsqlConnection connection, params ReadOnlySpan<NpgsqlBatchCommand> commands)
    {
        var batch = connection.CreateBatch();
        foreach (var command in commands)
        {
            batch.BatchCommands.Add(command);
        }

        return batch;
    }

    /// <summary>Reads what <see cref="FindRepository"/> and, behind it, <see cref="FindIndexes"/> answer.</summary>
    /// <param name="reader">Stands before the rows of the first.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    /// <returns>Null if there is no such repository; the reader then stands after the second, too.</returns>
    public static async Task<PostgresRepository?> ReadRepositoryAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var isFound = await reader.ReadAsync(cancellationToken);
        var (id, position, documents) = isFound ? (reader.GetInt64(0), reader.GetInt64(1), reader.GetInt64(2)) : default;
        var (outbox, now) = isFound
            ? (new OutboxMark(position, reader.GetInt64(3), reader.GetInt64(4)), reader.GetInt64(5))
            : default;
        await reader.NextResultAsync(cancellationToken);
        var indexes = new List<PostgresIndex>();
        while (await reader.ReadAsync(cancellationToken))
        {
            indexes.Add(new PostgresIndex(reader.GetInt64(0), reader.GetString(1), reader.GetBoolean(2)));
        }

        return isFound ? new PostgresRepository(id, position, documents, indexes, outbox, now) : null;
    }
}
