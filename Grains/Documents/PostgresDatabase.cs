using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Npgsql;

namespace Realtime.Documents;

/// <summary>The pool of connections, and the tables behind it. Starts before anything that uses documents.</summary>
internal sealed partial class PostgresDatabase : IAsyncDisposable, IDisposable
{
    private static readonly TimeSpan RetryPeriod = TimeSpan.FromSeconds(1);

    private readonly PostgresOptions _options;
    private readonly TimeProvider _time;
    private readonly ILogger<PostgresDatabase> _logger;
    private readonly NpgsqlDataSource _source;
    private readonly SemaphoreSlim _migrating = new(1, 1);
    private volatile bool _isReady;

    /// <summary>Makes the pool; connects to nothing yet.</summary>
    public PostgresDatabase(
        IOptions<PostgresOptions> options,
        IOptions<DocumentOptions> documents,
        TimeProvider time,
        ILogger<PostgresDatabase> logger,
        ILoggerFactory loggers)
    {
        (_options, _time, _logger) = (options.Value, time, logger);
        var bounds = documents.Value;
        var settings = new NpgsqlConnectionStringBuilder(_options.ConnectionString)
        {
            // As many as may be busy at once, commits with a lookup each.
            MaxPoolSize = bounds.MaxConcurrentLookups + bounds.MaxConcurrentFilters + (2 * bounds.MaxConcurrentCommits) + 2,

            // Nothing here outlives its transaction, so there is nothing to reset.
            NoResetOnClose = true,
            Enlist = false,

            // The limits of time are in the transactions, and in the tokens. A server that stands still is asked to
            // cancel, over a connection of its own, for no longer than this (in seconds, then in milliseconds).
            CommandTimeout = 0,
            Timeout = 2,
            CancellationTimeout = 500,
        };
        settings.ApplicationName ??= "realtime";
        if (settings.MaxAutoPrepare == 0)
        {
            (settings.MaxAutoPrepare, settings.AutoPrepareMinUsages) = (32, 3);
        }

        _source = new NpgsqlDataSourceBuilder(settings.ConnectionString).UseLoggerFactory(loggers).Build();
    }

    /// <summary>Whether an error says that no answer came, as opposed to one of the server's.</summary>
    /// <param name="error">The error.</param>
    public static bool IsNoAnswer(Exception error) =>
        error is OperationCanceledException or (NpgsqlException and not PostgresException);

    /// <summary>Makes the tables if need be; waits for a server that can't be reached yet.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async Task StartAsync(CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        while (true)
        {
            try
            {
                await PrepareAsync(cancellationToken);
                return;
            }
            catch (NpgsqlException error) when (error.IsTransient && _time.GetElapsedTime(start) < _options.StartTimeLimit)
            {
                LogWaiting(_logger, error.Message);
                await Task.Delay(RetryPeriod, _time, cancellationToken);
            }
        }
    }

    /// <summary>Borrows a connection.</summary>
    /// <param name="cancellationToken">Ends the wait.</param>
    public async ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken);
        return await _source.OpenConnectionAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync()
    {
        _migrating.Dispose();
        return _source.DisposeAsync();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _migrating.Dispose();
        _source.Dispose();
    }

    private async ValueTask PrepareAsync(CancellationToken cancellationToken)
    {
        if (_isReady)
        {
            return;
        }

        await _migrating.WaitAsync(cancellationToken);
        try
        {
            if (!_isReady)
            {
                LogMigrated(_logger, await PostgresSchema.MigrateAsync(_source, cancellationToken));
                _isReady = true;
            }
        }
        finally
        {
            _migrating.Release();
        }
    }

    [LoggerMessage(LogLevel.Information, "The document tables are ready; {Steps} migrations were run")]
    private static partial void LogMigrated(ILogger logger, int steps);

    [LoggerMessage(LogLevel.Warning, "Waiting for the PostgreSQL server: {Reason}")]
    private static partial void LogWaiting(ILogger logger, string reason);
}
