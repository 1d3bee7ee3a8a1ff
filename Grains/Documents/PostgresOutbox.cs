using Npgsql;

namespace Realtime.Documents;

/// <summary>The changes of repositories, for those who missed them: rows of <see cref="ChangeSegment"/>.</summary>
internal static class PostgresOutbox
{
    private const string Add = """
        INSERT INTO realtime.changes(repository, last, first, total, written, data)
        SELECT $1, n.last, n.first, n.total, $5, n.data
        FROM unnest($2::bigint[], $3::bigint[], $4::bigint[], $6::bytea[]) AS n(last, first, total, data)
        """;

    // All bounds rise with the position, so the walk ends at the first row that is kept.
    private const string Trim = """
        DELETE FROM realtime.changes WHERE repository = $1 AND last < (
            SELECT last FROM realtime.changes
            WHERE repository = $1 AND total > $2 AND (written > $3 OR (last > $4 AND total > $5 AND written > $6))
            ORDER BY last LIMIT 1)
        """;

    private const string Read = """
        SELECT first, last, data FROM realtime.changes
        WHERE repository = $1 AND last > $2
            AND total <= $3 + (SELECT total FROM realtime.changes WHERE repository = $1 AND last > $2 ORDER BY last LIMIT 1)
        ORDER BY last
        """;

    /// <summary>Adds the commands that add the changes of a transaction, and now and then remove old ones.</summary>
    /// <param name="repository">The repository as the transaction found it.</param>
    /// <param name="results">What the transaction did.</param>
    /// <param name="options">The bounds.</param>
    /// <param name="commands">Commands of the transaction.</param>
    /// <returns>How far the outbox has come then.</returns>
    public static OutboxMark Append(
        PostgresRepository repository, IEnumerable<DocumentWriteResult> results, DocumentOptions options, List<NpgsqlBatchCommand> commands)
    {
        var segments = ChangeSegment.Pack(results);
        var bytes = repository.Outbox.Bytes;
        var totals = segments.ConvertAll(segment => bytes += segment.Bytes);
        var mark = new OutboxMark(segments[^1].Last, bytes, repository.Now);
        commands.Add(PostgresCommands.Create(
            Add,
            repository.Id,
            segments.Select(segment => segment.Last).ToArray(),
            segments.Select(segment => segment.First).ToArray(),
            totals.ToArray(),
            mark.WrittenAt,
            segments.Select(segment => segment.Data).ToArray()));
        if (new OutboxBounds(options).IsDue(repository.Outbox, mark))
        {
            commands.Add(PostgresCommands.Create(
                Trim,
                repository.Id,
                mark.Bytes - options.MaxOutboxBytes,
                mark.WrittenAt - (long)options.OutboxGrace.TotalMilliseconds,
                mark.Position - options.OutboxChanges,
                mark.Bytes - options.OutboxBytes,
                mark.WrittenAt - (long)options.OutboxAge.TotalMilliseconds));
        }

        return mark;
    }

    /// <summary>Reads changes after a position, about as many as fit into a number of bytes.</summary>
    public static NpgsqlBatchCommand ReadAfter(PostgresRepository repository, long after, int maxBytes) =>
        PostgresCommands.Create(Read, repository.Id, after, (long)maxBytes);

    /// <summary>Reads what <see cref="ReadAfter"/> answers.</summary>
    /// <param name="reader">Stands before the rows.</param>
    /// <param name="cancellationToken">Ends the wait.</param>
    public static async Task<List<ChangeSegment>> ReadSegmentsAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var segments = new List<ChangeSegment>();
        while (await reader.ReadAsync(cancellationToken))
        {
            segments.Add(new ChangeSegment(reader.GetInt64(0), reader.GetInt64(1), reader.GetFieldValue<byte[]>(2)));
        }

        return segments;
    }
}
