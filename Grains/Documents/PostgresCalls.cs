using Npgsql;

namespace Realtime.Documents;

/// <summary>Bounds what is asked of PostgreSQL: how much at a time, and how long reads take.</summary>
/// <remarks>Reads that only look something up and reads that filter wait apart, as one of the latter may take long.</remarks>
internal sealed class PostgresCalls(PostgresDatabase connections, DocumentOptions options, TimeProvider time) : IDisposable
{
    /// <summary>Added to the database's own limit of time, for a server that stands still.</summary>
    public static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _lookups = new(options.MaxConcurrentLookups);
    private readonly SemaphoreSlim _filters = new(options.MaxConcurrentFilters);
    private readonly SemaphoreSlim _writes = new(options.MaxConcurrentCommits);

    /// <summary>Reads what indexes lead to.</summary>
    /// <returns>
    /// What was read; <see cref="RealtimeError.TemporarilyUnavailable"/> if its turn hasn't come within
    /// <see cref="DocumentOptions.MaxReadWait"/>, <see cref="RealtimeError.QueryTookTooLong"/> if the database has given it up.
    /// </returns>
    /// <exception cref="TimeoutException">The database doesn't answer.</exception>
    public Task<Result<T>> LookUpAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<Result<T>>> read, CancellationToken cancellationToken) =>
        ReadAsync(_lookups, read, cancellationToken);

    /// <summary>Reads what may have to be searched for.</summary>
    /// <inheritdoc cref="LookUpAsync"/>
    public Task<Result<T>> FilterAsync<T>(
        Func<NpgsqlConnection, CancellationToken, Task<Result<T>>> read, CancellationToken cancellationToken) =>
        ReadAsync(_filters, read, cancellationToken);

    /// <summary>Writes when its turn has come. How long it takes is for the write to bound.</summary>
    /// <param name="write">The write. Once asked for, it runs to its end.</param>
    /// <param name="cancellationToken">Ends the caller's waiting only.</param>
    public Task<T> WriteAsync<T>(Func<Task<T>> write, CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                await _writes.WaitAsync(CancellationToken.None);
                try
                {
                    return await write();
                }
                finally
                {
                    _writes.Release();
                }
            },
            CancellationToken.None).WaitAsync(cancellationToken);

    /// <summary>Uses a connection for no longer than a limit, opening it included.</summary>
    /// <exception cref="TimeoutException">The database doesn't answer.</exception>
    public async Task<T> InTimeAsync<T>(
        TimeSpan limit, Func<NpgsqlConnection, CancellationToken, Task<T>> work, CancellationToken cancellationToken)
    {
        using var deadline = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, cancellationToken);
        try
        {
            await using var connection = await connections.OpenAsync(either.Token);
            return await work(connection, either.Token);
        }
        catch (Exception error) when (error is NpgsqlException { InnerException: TimeoutException } || (deadline.IsCancellationRequested && PostgresDatabase.IsNoAnswer(error)))
        {
            throw new TimeoutException("PostgreSQL didn't answer in time.", error);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _lookups.Dispose();
        _filters.Dispose();
        _writes.Dispose();
    }

    private Task<Result<T>> ReadAsync<T>(
        SemaphoreSlim gate, Func<NpgsqlConnection, CancellationToken, Task<Result<T>>> read, CancellationToken cancellationToken) =>
        Task.Run(
            async () =>
            {
                // Whoever asked gives up after a while; a queue of reads that nobody waits for would only grow.
                if (!await gate.WaitAsync(options.MaxReadWait, cancellationToken))
                {
                    return RealtimeError.TemporarilyUnavailable;
                }

                try
                {
                    return await InTimeAsync(options.FilterTimeLimit + Grace, read, cancellationToken);
                }
                catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.QueryCanceled)
                {
                    return RealtimeError.QueryTookTooLong;
                }
                finally
                {
                    gate.Release();
                }
            },
            cancellationToken);
}
