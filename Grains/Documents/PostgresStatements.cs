using Npgsql;

namespace Realtime.Documents;

/// <summary>The statements whose text depends on the query.</summary>
internal static class PostgresStatements
{
    /// <summary>Number of the last document there is.</summary>
    public const string LastSequence = "SELECT coalesce(max(seq), 0) FROM realtime.documents WHERE repository = $1";

    /// <summary>The number of documents that match.</summary>
    /// <param name="conditions">Which ones.</param>
    public static NpgsqlBatchCommand Count(PostgresConditions conditions) =>
        conditions.Command($"SELECT count(*) FROM realtime.documents d{conditions.Where}");

    /// <summary>Numbers and sizes of the next documents that match, in order of creation.</summary>
    /// <param name="conditions">Which ones, with the bounds of seq.</param>
    /// <param name="limit">Their number.</param>
    public static NpgsqlBatchCommand Select(PostgresConditions conditions, int limit)
    {
        var most = conditions.Parameter(limit);
        return conditions.Command(
            $"SELECT d.seq, octet_length(d.body) FROM realtime.documents d{conditions.Where} ORDER BY d.seq LIMIT {most}");
    }

    /// <summary>Those of some documents that match, in order of creation.</summary>
    /// <param name="conditions">Which ones.</param>
    /// <param name="sequences">Their positions.</param>
    public static NpgsqlBatchCommand Selected(PostgresConditions conditions, long[] sequences)
    {
        // One by one: see PostgresCommands.FindDocuments.
        var documents = $"unnest({conditions.Parameter(sequences)}) AS n(seq) CROSS JOIN LATERAL "
            + "(SELECT * FROM realtime.documents WHERE repository = $1 AND seq = n.seq OFFSET 0) d";
        return conditions.Command($"SELECT {PostgresDocument.Columns} FROM {documents}{conditions.Where} ORDER BY d.seq");
    }

    /// <summary>One page of the documents that match.</summary>
    /// <param name="repository">Their repository.</param>
    /// <param name="conditions">Which ones.</param>
    /// <param name="sortField">Field to sort by; null sorts by creation.</param>
    /// <param name="descending">The order.</param>
    /// <param name="limit">Size of the page.</param>
    /// <param name="offset">Number of documents before it.</param>
    public static NpgsqlBatchCommand Page(
        PostgresRepository repository, PostgresConditions conditions, string? sortField, bool descending, long limit, long offset)
    {
        var direction = descending ? "DESC" : "ASC";
        var (from, order) = ("realtime.documents d", $"d.seq {direction}");
        if (sortField is not null && repository.FindIndex(sortField) is { IsExact: true } index)
        {
            // Entries sort like the keys they begin, as none of these is cut short. Null has one, the least.
            from = "realtime.index_entries e JOIN realtime.documents d ON d.seq = e.seq";
            conditions.Add($"e.index = {conditions.Parameter(index.Id)}");
            order = $"e.entry {direction}, e.seq {direction}";
        }
        else if (sortField is not null)
        {
            var key = new PostgresComparison(conditions, sortField, index: null).Key;
            order = $"{key} {direction} NULLS {(descending ? "LAST" : "FIRST")}, {order}";
        }

        var page = $"LIMIT {conditions.Parameter(limit)} OFFSET {conditions.Parameter(offset)}";
        return conditions.Command($"SELECT d.body FROM {from}{conditions.Where} ORDER BY {order} {page}");
    }
}
