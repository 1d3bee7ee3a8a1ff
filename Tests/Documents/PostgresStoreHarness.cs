using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Realtime.Documents;
using Realtime.Tests.Contracts;

namespace Realtime.Tests.Documents;

/// <summary>A store in a PostgreSQL database.</summary>
internal sealed class PostgresStoreHarness : DocumentStoreHarness
{
    private readonly DocumentOptions _options = new() { ChunkDocuments = 10, FilterTimeLimit = TimeSpan.FromSeconds(30) };
    private readonly PostgresOptions _postgres;
    private readonly TimeProvider _time;
    private PostgresDatabase _database;
    private PostgresDocumentStore _store;

    public PostgresStoreHarness(
        string connectionString,
        Action<DocumentOptions>? configure = null,
        Action<PostgresOptions>? configurePostgres = null,
        TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        _postgres = new PostgresOptions { ConnectionString = connectionString };
        configure?.Invoke(_options);
        configurePostgres?.Invoke(_postgres);
        (_database, _store) = Open();
    }

    public override IDocumentStore Store => _store;

    public PostgresDatabase Connections => _database;

    public override async ValueTask ReopenAsync()
    {
        await DisposeAsync();
        (_database, _store) = Open();
    }

    public override ValueTask DisposeAsync()
    {
        _store.Dispose();
        return _database.DisposeAsync();
    }

    private (PostgresDatabase Database, PostgresDocumentStore Store) Open()
    {
        var options = Options.Create(_options);
        var postgres = Options.Create(_postgres);
        var database = new PostgresDatabase(
            postgres, options, _time, NullLogger<PostgresDatabase>.Instance, NullLoggerFactory.Instance);
        return (database, new PostgresDocumentStore(
            database, options, postgres, _time, NullLogger<PostgresDocumentStore>.Instance));
    }
}
