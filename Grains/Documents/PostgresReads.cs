using System.Collections.Immutable;
using Npgsql;

namespace Realtime.Documents;

/// <summary>Reads with conditions or pages, of one repository at one moment.</summary>
/// <param name="connection">A connection in a transaction that sees one moment.</param>
/// <param name="repository">The repository.</param>
/// <param name="options">The bounds.</param>
/// <param name="timeLeft">Time that is left for statements.</param>
internal sealed class PostgresReads(
    NpgsqlConnection connection, PostgresRepository repository, DocumentOptions options, Func<TimeSpan> timeLeft)
{
    /// <summary>See <see cref="IDocumentStore.CountAsync"/>.</summary>
    public async Task<Result<long>> CountAsync(
        DocumentScope scope, IReadOnlyList<QueryClause> clauses, CancellationToken cancellationToken)
    {
        var conditions = Conditions(scope);
        return conditions.Add(clauses) is { } error ? error : await CountAsync(conditions, cancellationToken);
    }

    /// <summary>See <see cref="IDocumentStore.QueryAsync"/>.</summary>
    public async Task<Result<DocumentPage>> QueryAsync(
        DocumentScope scope, DocumentQuery query, CancellationToken cancellationToken)
    {
        var conditions = Conditions(scope);
        if (conditions.Add(query.Clauses) is { } error)
        {
            return error;
        }

        var size = Math.Clamp(query.Size, 1, DocumentLimits.MaxPageSize);
        var offset = (Math.Max(1, query.Page) - 1L) * size;
        var total = await CountAsync(conditions, cancellationToken);
        if (offset >= total)
        {
            return new DocumentPage(total, JsonArrays.Empty);
        }

        // A page behind the middle is nearer to the other end: read it from there and turn it round.
        var count = Math.Min(size, total - offset);
        var isNearerToEnd = offset > total / 2;
        var command = PostgresStatements.Page(
            repository,
            conditions,
            query.SortField,
            query.Descending != isNearerToEnd,
            count,
            isNearerToEnd ? total - offset - count : offset);
        if (await BodiesAsync(command, cancellationToken) is not { } page)
        {
            return JsonArrays.AnswerTooLarge;
        }

        if (isNearerToEnd)
        {
            page.Reverse();
        }

        var results = JsonArrays.Join(page, options.MaxAnswerBytes);
        return results.Error is { } tooLarge ? tooLarge : new DocumentPage(total, results.Value);
    }

    /// <summary>See <see cref="IDocumentStore.ReadChangesAsync"/>.</summary>
    public async Task<Result<ChangeHistory>> ReadChangesAsync(long after, int maxBytes, CancellationToken cancellationToken)
    {
        await using var batch = Together(PostgresOutbox.ReadAfter(repository, after, maxBytes));
        await using var reader = await ReadAsync(batch, cancellationToken);
        return ChangeHistory.From(after, repository.Position, await PostgresOutbox.ReadSegmentsAsync(reader, cancellationToken));
    }

    /// <summary>See <see cref="IDocumentStore.SelectAsync"/>.</summary>
    public async Task<Result<DocumentSelection>> SelectAsync(
        BulkTarget target, DocumentSelection? previous, CancellationToken cancellationToken)
    {
        var until = previous?.Until ?? await LastSequenceAsync(cancellationToken);
        var conditions = new PostgresConditions(repository);
        conditions.Add($"d.seq > {conditions.Parameter(previous is { Documents: [.., var last] } ? last : 0L)}");
        conditions.Add($"d.seq <= {conditions.Parameter(until)}");
        conditions.Add(target.Access.Read);
        conditions.Add(target.Access.Write);
        if (conditions.Add(target.Clauses) is { } error)
        {
            return error;
        }

        await using var select = Together(PostgresStatements.Select(conditions, options.ChunkDocuments));
        await using var reader = await ReadAsync(select, cancellationToken);
        var documents = ImmutableArray.CreateBuilder<long>();
        var bytes = 0L;
        while (bytes < options.ChunkBytes && await reader.ReadAsync(cancellationToken))
        {
            documents.Add(reader.GetInt64(0));
            bytes += reader.GetInt32(1);
        }

        var isLast = bytes < options.ChunkBytes && documents.Count < options.ChunkDocuments;
        return new DocumentSelection(documents.ToImmutable(), bytes, until, isLast);
    }

    private PostgresConditions Conditions(DocumentScope scope)
    {
        var conditions = new PostgresConditions(repository);
        conditions.Add(scope);
        return conditions;
    }

    private async Task<long> CountAsync(PostgresConditions conditions, CancellationToken cancellationToken)
    {
        if (conditions.IsEmpty)
        {
            return repository.Documents;
        }

        await using var count = Together(PostgresStatements.Count(conditions));
        await using var reader = await ReadAsync(count, cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt64(0);
    }

    private async Task<long> LastSequenceAsync(CancellationToken cancellationToken)
    {
        await using var last = Together(PostgresCommands.Create(PostgresStatements.LastSequence, repository.Id));
        await using var reader = await ReadAsync(last, cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return reader.GetInt64(0);
    }

    private async Task<List<byte[]>?> BodiesAsync(NpgsqlBatchCommand page, CancellationToken cancellationToken)
    {
        await using var batch = Together(page);
        await using var reader = await ReadAsync(batch, cancellationToken);
        var bodies = new List<byte[]>();
        var bytes = 0L;
        while (await reader.ReadAsync(cancellationToken))
        {
            var body = reader.GetFieldValue<byte[]>(0);
            bodies.Add(body);
            if ((bytes += body.Length) > options.MaxAnswerBytes)
            {
                return null;
            }
        }

        return bodies;
    }

    private NpgsqlBatch Together(NpgsqlBatchCommand command) =>
        connection.Together(PostgresCommands.Limit(timeLeft()), command);

    private static async Task<NpgsqlDataReader> ReadAsync(NpgsqlBatch batch, CancellationToken cancellationToken)
    {
        var reader = await batch.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        return reader;
    }
}
