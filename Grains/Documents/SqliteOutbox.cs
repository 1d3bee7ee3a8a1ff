namespace Realtime.Documents;

/// <summary>The changes of a database's repositories, for those who missed them: rows of <see cref="ChangeSegment"/>.</summary>
/// <remarks><c>total</c> is the sum of bytes up to and with a row: what it takes to find a number of bytes from either end.</remarks>
internal static class SqliteOutbox
{
    /// <summary>Makes the table; a file of an earlier version has none.</summary>
    public const string CreateTable = """
        CREATE TABLE IF NOT EXISTS changes(
            id INTEGER PRIMARY KEY, repository INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
            total INTEGER NOT NULL, written INTEGER NOT NULL, data BLOB NOT NULL) STRICT;
        CREATE UNIQUE INDEX IF NOT EXISTS changes_last ON changes(repository, last);
        """;

    private const string HasTable = "SELECT count(*) FROM sqlite_schema WHERE name = 'changes'";

    private const string FindLast = "SELECT total, written FROM changes WHERE repository = $1 ORDER BY last DESC LIMIT 1";

    private const string Add =
        "INSERT INTO changes(repository, first, last, total, written, data) VALUES ($1, $2, $3, $4, $5, $6)";

    // All bounds rise with the position, so the walk ends at the first row that is kept.
    private const string Trim = """
        DELETE FROM changes WHERE repository = $1 AND last < (
            SELECT last FROM changes
            WHERE repository = $1 AND total > $2 AND (written > $3 OR (last > $4 AND total > $5 AND written > $6))
            ORDER BY last LIMIT 1)
        """;

    private const string Read = """
        SELECT first, last, data FROM changes
        WHERE repository = $1 AND last > $2
            AND total <= $3 + (SELECT total FROM changes WHERE repository = $1 AND last > $2 ORDER BY last LIMIT 1)
        ORDER BY last
        """;

    /// <summary>Adds the changes of a transaction, and removes old ones now and then.</summary>
    /// <param name="session">The writing connection, in the transaction.</param>
    /// <param name="repository">Id of the repository.</param>
    /// <param name="before">Position of the repository before the transaction.</param>
    /// <param name="results">What the transaction did.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="now">The time, in Unix milliseconds.</param>
    public static void Append(
        SqliteSession session, long repository, long before, IEnumerable<DocumentWriteResult> results, DocumentOptions options, long now)
    {
        var former = FindFormer(session, repository, before, now);
        var mark = former;
        foreach (var segment in ChangeSegment.Pack(results))
        {
            mark = new OutboxMark(segment.Last, mark.Bytes + segment.Bytes, now);
            session.Run(Add, repository, segment.First, segment.Last, mark.Bytes, now, segment.Data);
        }

        if (new OutboxBounds(options).IsDue(former, mark))
        {
            session.Run(
                Trim,
                repository,
                mark.Bytes - options.MaxOutboxBytes,
                now - (long)options.OutboxGrace.TotalMilliseconds,
                mark.Position - options.OutboxChanges,
                mark.Bytes - options.OutboxBytes,
                now - (long)options.OutboxAge.TotalMilliseconds);
        }
    }

    /// <summary>Reads changes after a position, about as many as fit into a number of bytes.</summary>
    public static IEnumerable<ChangeSegment> ReadAfter(SqliteSession session, long repository, long after, int maxBytes)
    {
        if ((long)session.Prepared(HasTable).ExecuteScalar()! == 0)
        {
            yield break;
        }

        using var reader = session.Prepared(Read, repository, after, (long)maxBytes).ExecuteReader();
        while (reader.Read())
        {
            yield return new ChangeSegment(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2));
        }
    }

    private static OutboxMark FindFormer(SqliteSession session, long repository, long position, long now)
    {
        using var reader = session.Prepared(FindLast, repository).ExecuteReader();
        return reader.Read() ? new OutboxMark(position, reader.GetInt64(0), reader.GetInt64(1)) : new OutboxMark(position, 0, now);
    }
}
