using Npgsql;

namespace Realtime.Tests.Documents;

/// <summary>A fresh database for the tests of one class.</summary>
public sealed class PostgresTestDatabase(PostgresServer server) : IAsyncLifetime
{
    public string ConnectionString { get; private set; } = "";

    public PostgresServer Server => server;

    public async ValueTask InitializeAsync()
    {
        var name = "t" + Identifiers.NewId();
        var all = await server.ConnectAsync();
        await using var source = NpgsqlDataSource.Create(all + ";Database=postgres;Pooling=false");
        await using var create = source.CreateCommand($"CREATE DATABASE {name}");
        await create.ExecuteNonQueryAsync();
        ConnectionString = $"{all};Database={name}";
    }

    /// <summary>First column of a statement's rows.</summary>
    public async Task<List<object>> QueryAsync(string sql)
    {
        await using var source = NpgsqlDataSource.Create(ConnectionString + ";Pooling=false");
        await using var command = source.CreateCommand(sql);
        await using var reader = await command.ExecuteReaderAsync();
        var values = new List<object>();
        while (await reader.ReadAsync())
        {
            values.Add(reader.GetValue(0));
        }

        return values;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
