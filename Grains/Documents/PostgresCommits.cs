using Microsoft.Extensions.Logging;
using Npgsql;

namespace Realtime.Documents;

/// <summary>Sees transactions through: a lost connection, a commit whose answer was lost, a write the database refuses.</summary>
internal sealed partial class PostgresCommits(
    PostgresDatabase connections, DocumentOptions options, PostgresOptions postgres, TimeProvider time, ILogger logger) : IDisposable
{
    private const int Attempts = 2;

    private readonly PostgresKnownRepositories _known = new(time);

    /// <summary>Commits writes; see <see cref="IDocumentStore.CommitAsync"/>.</summary>
    public async Task<IReadOnlyList<DocumentWriteResult>> CommitAsync(
        string database, string repository, IReadOnlyList<DocumentWrite> writes)
    {
        using var deadline = new CancellationTokenSource(postgres.CommitTimeLimit, time);
        try
        {
            return await CommitTogetherAsync(database, repository, writes, deadline.Token);
        }
        catch (PostgresException error) when (IsOfOneWrite(error))
        {
            // One of them can't be stored, and nothing was: the others must not suffer for it.
            var results = new List<DocumentWriteResult>();
            foreach (var write in writes)
            {
                results.Add(await CommitAloneAsync(database, repository, write, deadline.Token));
            }

            return results;
        }
        catch (Exception error) when (
            error is OperationCanceledException or NpgsqlException { InnerException: TimeoutException } || (deadline.IsCancellationRequested && PostgresDatabase.IsNoAnswer(error)))
        {
            // Nobody else can cancel: the time for the commit is over, or that for finding out about it.
            throw new TimeoutException("PostgreSQL didn't commit in time.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _known.Dispose();

    // Data exceptions, violated constraints, and limits of the program.
    private static bool IsOfOneWrite(PostgresException error) => error.SqlState[..2] is "22" or "23" or "54";

    private static bool IsLostConnection(NpgsqlException error) =>
        error is not PostgresException refusal || refusal.SqlState[..3] is "57P" || refusal.SqlState[..2] is "08";

    private async Task<DocumentWriteResult> CommitAloneAsync(
        string database, string repository, DocumentWrite write, CancellationToken cancellationToken)
    {
        try
        {
            return (await CommitTogetherAsync(database, repository, [write], cancellationToken))[0];
        }
        catch (PostgresException error) when (IsOfOneWrite(error))
        {
            LogWriteFailed(logger, write.GetType().Name, error.SqlState);
            return DocumentWriteResult.Refused(RealtimeError.TemporarilyUnavailable);
        }
    }

    private async Task<DocumentWriteResult[]> CommitTogetherAsync(
        string database, string repository, IReadOnlyList<DocumentWrite> writes, CancellationToken cancellationToken)
    {
        var known = PostgresBatch.CanRelyOnKnown(writes) ? _known.Take(database, repository) : null;
        for (var attempt = 1; ; attempt++)
        {
            PostgresBatch? batch = null;
            try
            {
                await using var connection = await connections.OpenAsync(cancellationToken);
                batch = new PostgresBatch(connection, database, repository, known, options, postgres.CommitTimeLimit, time, logger);
                var results = await batch.RunAsync(writes, cancellationToken);
                if (batch.Left is { } left)
                {
                    _known.Keep(database, repository, left);
                }

                return results;
            }
            catch (PostgresException error) when (known is not null && IsOfOneWrite(error))
            {
                // It isn't as it was known, or a write can't be stored. Nothing was written: that is found out the long way.
                (known, attempt) = (null, attempt - 1);
            }
            catch (Exception error) when (error is OperationCanceledException or NpgsqlException)
            {
                if (batch?.InDoubt is { } results && await WasCommittedAsync(database, repository, batch.Id))
                {
                    LogFound(logger, batch.Id);
                    return results;
                }

                // From here on nothing was committed. What relied on a known repository and is still under way can be only as long
                // as nobody else has written; who says it again then finds its ids taken.
                if (attempt == Attempts || error is not NpgsqlException lost || !IsLostConnection(lost))
                {
                    throw;
                }

                LogRetry(logger, error.GetType().Name);
                known = null;
            }
        }
    }

    /// <summary>
    /// Whether a batch is durable. Once this is answered it won't become so any more, unless it relied on a known repository
    /// and hadn't begun yet: then it still can't once anybody else has written, nor twice, as its ids are taken.
    /// </summary>
    private async Task<bool> WasCommittedAsync(string database, string repository, Guid batch)
    {
        using var deadline = new CancellationTokenSource(postgres.LookupTimeLimit, time);
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await using var connection = await connections.OpenAsync(deadline.Token);
                await using var lookup = connection.Together(
                    PostgresCommands.Create("BEGIN"),
                    PostgresCommands.Limit(postgres.LookupTimeLimit),

                    // A transaction that adds a repository holds this one; its row can't be seen yet.
                    PostgresCommands.Create(PostgresCommands.LockDatabase, database),
                    PostgresCommands.Create(PostgresCommands.FindBatch, database, repository, batch),
                    PostgresCommands.Create("COMMIT"));
                await using var reader = await lookup.ExecuteReaderAsync(deadline.Token);
                await reader.NextResultAsync(deadline.Token);
                return await reader.NextResultAsync(deadline.Token)
                    && await reader.ReadAsync(deadline.Token)
                    && reader.GetBoolean(0);
            }
            catch (NpgsqlException error) when (attempt <= Attempts && IsLostConnection(error))
            {
                // The pool may hold more connections that broke with the one before.
                LogRetry(logger, error.GetType().Name);
            }
        }
    }

    [LoggerMessage(LogLevel.Error, "A {Write} can't be stored (SQLSTATE {State}); the rest of its batch went on")]
    private static partial void LogWriteFailed(ILogger logger, string write, string state);

    [LoggerMessage(LogLevel.Warning, "The answer to the commit of batch {Batch} was lost; the batch is durable")]
    private static partial void LogFound(ILogger logger, Guid batch);

    [LoggerMessage(LogLevel.Warning, "The connection to PostgreSQL was lost ({Reason}); trying once more")]
    private static partial void LogRetry(ILogger logger, string reason);
}
