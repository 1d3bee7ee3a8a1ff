using Microsoft.Extensions.Logging;
using Npgsql;

namespace Realtime.Documents;

/// <summary>
/// One transaction of writes to one repository (see <see cref="IDocumentStore.CommitAsync"/>): a round trip that locks
/// the repository and loads the documents in question, and one that writes and commits. The first is left out where all
/// writes create documents and the repository is known. Used once.
/// </summary>
/// <param name="connection">An open connection.</param>
/// <param name="database">Public key.</param>
/// <param name="repository">Full name of the repository.</param>
/// <param name="known">
/// The repository as it is known, if all writes create documents. It fails with an error of class 22 or 23, and nothing is
/// written, if the repository has changed since or an id isn't new.
/// </param>
/// <param name="options">The bounds.</param>
/// <param name="timeLimit">How long each statement may take.</param>
/// <param name="time">This process's clock.</param>
/// <param name="logger">Where an id that is taken is noted.</param>
internal sealed partial class PostgresBatch(
    NpgsqlConnection connection,
    string database,
    string repository,
    KnownRepository? known,
    DocumentOptions options,
    TimeSpan timeLimit,
    TimeProvider time,
    ILogger logger)
{
    private readonly PostgresChanges _changes = new();
    private readonly DateTimeOffset _now = time.GetUtcNow();
    private PostgresRepository? _repository = known?.At(time);
    private long _readAt = known?.ReadAt ?? 0;
    private PostgresWrites? _writes;

    /// <summary>Stands in the repository's row once the transaction is durable.</summary>
    public Guid Id { get; } = Guid.CreateVersion7();

    /// <summary>The results, as soon as the transaction is asked to commit: if it fails now, it may have succeeded.</summary>
    public DocumentWriteResult[]? InDoubt { get; private set; }

    /// <summary>The repository as the transaction has left it; null if it changed nothing.</summary>
    public KnownRepository? Left { get; private set; }

    /// <summary>Whether writes can do with what is known of a repository.</summary>
    /// <param name="writes">The writes.</param>
    public static bool CanRelyOnKnown(IReadOnlyList<DocumentWrite> writes) => writes.All(static write => write is CreateDocuments);

    /// <summary>Runs the transaction.</summary>
    /// <param name="writes">The writes.</param>
    /// <param name="cancellationToken">Ends the transaction.</param>
    public async Task<DocumentWriteResult[]> RunAsync(IReadOnlyList<DocumentWrite> writes, CancellationToken cancellationToken)
    {
        if (known is null)
        {
            await BeginAsync(writes, cancellationToken);
            if (_repository is null && writes.Any(static write => write is CreateDocuments))
            {
                await AddRepositoryAsync(cancellationToken);
            }
        }

        _writes = _repository is null ? null : new PostgresWrites(_changes, _repository.Position);
        var results = new DocumentWriteResult[writes.Count];
        for (var i = 0; i < results.Length; i++)
        {
            results[i] = await ApplyAsync(writes[i], cancellationToken);
        }

        await EndAsync(results, cancellationToken);
        return results;
    }

    private async Task BeginAsync(IReadOnlyList<DocumentWrite> writes, CancellationToken cancellationToken)
    {
        // Texts that PostgreSQL can't hold are no ids; escaped, they find nothing.
        var ids = writes.SelectMany(IdsOf).Select(PostgresText.Escape).Distinct(StringComparer.Ordinal).ToArray();
        await using var begin = connection.Together(
            PostgresCommands.Create("BEGIN"),
            PostgresCommands.Limit(timeLimit),
            PostgresCommands.Create(PostgresCommands.LockRepository, database, repository),
            PostgresCommands.Create(PostgresCommands.FindIndexes, database, repository),
            PostgresCommands.Create(PostgresCommands.FindDocuments, database, repository, ids));
        await using var reader = await begin.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        await ReadRepositoryAsync(reader, cancellationToken);
        await reader.NextResultAsync(cancellationToken);
        while (await reader.ReadAsync(cancellationToken))
        {
            _changes.Load(PostgresDocument.Read(reader));
        }
    }

    private async Task AddRepositoryAsync(CancellationToken cancellationToken)
    {
        await using var add = connection.Together(
            PostgresCommands.Create(PostgresCommands.LockDatabase, database),
            PostgresCommands.Create(PostgresCommands.AddRepository, database, repository, options.MaxRepositories),
            PostgresCommands.Create(PostgresCommands.LockRepository, database, repository),
            PostgresCommands.Create(PostgresCommands.FindIndexes, database, repository));
        await using var reader = await add.ExecuteReaderAsync(cancellationToken);
        await reader.NextResultAsync(cancellationToken);

        // Someone else may just have added it; its documents are none of those in question, or their ids weren't new.
        await ReadRepositoryAsync(reader, cancellationToken);
    }

    private async Task ReadRepositoryAsync(NpgsqlDataReader reader, CancellationToken cancellationToken) =>
        (_repository, _readAt) = (await PostgresCommands.ReadRepositoryAsync(reader, cancellationToken), time.GetTimestamp());

    private async ValueTask<DocumentWriteResult> ApplyAsync(DocumentWrite write, CancellationToken cancellationToken)
    {
        if (_writes is null)
        {
            return write switch
            {
                CreateDocuments => DocumentWriteResult.Refused(DocumentOptions.TooManyRepositories),
                UpdateDocument or IncrementField => DocumentWriteResult.Refused(RealtimeError.DocumentNotFound),
                _ => DocumentWriteResult.Nothing,
            };
        }

        return write switch
        {
            CreateDocuments create => _writes.Create(create) ?? RefuseIds(),
            UpdateDocument update => _writes.Update(update),
            IncrementField increment => _writes.Increment(increment),
            DeleteDocument delete => _writes.Delete(delete),
            UpdateSelected update => await ApplyAsync(
                update.Target, update.Selection, documents => _writes.Update(update.Patch, documents), cancellationToken),
            DeleteSelected delete => await ApplyAsync(
                delete.Target, delete.Selection, _writes.Delete, cancellationToken),
            _ => throw new ArgumentOutOfRangeException(nameof(write)),
        };
    }

    private async Task<DocumentWriteResult> ApplyAsync(
        BulkTarget target,
        DocumentSelection selection,
        Func<List<PostgresDocument>, DocumentWriteResult> change,
        CancellationToken cancellationToken)
    {
        var conditions = new PostgresConditions(_repository!);
        conditions.Add(target.Access.Read);
        conditions.Add(target.Access.Write);
        if (conditions.Add(target.Clauses) is { } wrong)
        {
            return DocumentWriteResult.Refused(wrong);
        }

        // The database looks at the conditions, so it must know the writes before this one.
        await using (var prepare = connection.Together(
            [.. _changes.Flush(_repository!, _now), PostgresCommands.Create("SAVEPOINT selected"), PostgresCommands.Limit(options.FilterTimeLimit)]))
        {
            await prepare.ExecuteNonQueryAsync(cancellationToken);
        }

        try
        {
            var documents = await ReadAsync(PostgresStatements.Selected(conditions, selection.Documents.ToArray()), cancellationToken);
            documents.ForEach(_changes.Load);
            return change(documents);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.QueryCanceled && !cancellationToken.IsCancellationRequested)
        {
            return DocumentWriteResult.Refused(RealtimeError.QueryTookTooLong);
        }
        finally
        {
            // Nothing was written since, so that going back is right in any case.
            if (!cancellationToken.IsCancellationRequested)
            {
                await using var restore = connection.Together(PostgresCommands.Create("ROLLBACK TO selected"));
                await restore.ExecuteNonQueryAsync(cancellationToken);
            }
        }
    }

    private async Task<List<PostgresDocument>> ReadAsync(NpgsqlBatchCommand command, CancellationToken cancellationToken)
    {
        await using var select = connection.Together(command);
        await using var reader = await select.ExecuteReaderAsync(cancellationToken);
        var documents = new List<PostgresDocument>();
        while (await reader.ReadAsync(cancellationToken))
        {
            documents.Add(PostgresDocument.Read(reader));
        }

        return documents;
    }

    private async Task EndAsync(DocumentWriteResult[] results, CancellationToken cancellationToken)
    {
        if (_writes is null || _writes.Position == _repository!.Position)
        {
            if (known is null)
            {
                // A repository that was added for writes that were all refused goes again, too.
                await using var rollback = connection.Together(PostgresCommands.Create("ROLLBACK"));
                await rollback.ExecuteNonQueryAsync(cancellationToken);
            }

            return;
        }

        var changes = _changes.Flush(_repository, _now);
        var outbox = PostgresOutbox.Append(_repository, results, options, changes);
        await using var commit = connection.Together([.. Enclose(changes, _repository, outbox), PostgresCommands.Create("COMMIT")]);
        InDoubt = results;
        await commit.ExecuteNonQueryAsync(cancellationToken);
        Left = new KnownRepository(
            _repository with
            {
                Position = outbox.Position,
                Documents = _repository.Documents + _changes.Growth,
                Outbox = outbox,
                Now = known?.Repository.Now ?? _repository.Now,
            },
            _readAt);
    }

    /// <summary>The commands of the last round trip but its end.</summary>
    private IEnumerable<NpgsqlBatchCommand> Enclose(List<NpgsqlBatchCommand> changes, PostgresRepository found, OutboxMark outbox) => known is null
        ? [.. changes, PostgresCommands.Create(PostgresCommands.MovePosition, found.Id, outbox.Position, _changes.Growth, Id, outbox.Bytes, outbox.WrittenAt)]
        :
        [
            PostgresCommands.Create("BEGIN"),
            PostgresCommands.Limit(timeLimit),
            PostgresCommands.Create(
                PostgresCommands.MoveKnown, found.Id, outbox.Position, _changes.Growth, Id, outbox.Bytes, outbox.WrittenAt, found.Position),
            PostgresCommands.Create(PostgresCommands.CheckIndexes, found.Id, (long)found.Indexes.Count),
            .. changes,
        ];

    private DocumentWriteResult RefuseIds()
    {
        LogIdTaken(logger);
        return DocumentWriteResult.Refused(RealtimeError.TemporarilyUnavailable);
    }

    private static IEnumerable<string> IdsOf(DocumentWrite write) => write switch
    {
        CreateDocuments create => create.Documents.Select(document => document.Id),
        UpdateDocument update => [update.Id],
        IncrementField increment => [increment.Id],
        DeleteDocument delete => [delete.Id],
        _ => [],
    };

    [LoggerMessage(LogLevel.Error, "A document's new id is taken; its write was refused, the rest of its batch went on")]
    private static partial void LogIdTaken(ILogger logger);
}
