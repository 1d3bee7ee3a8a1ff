using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Npgsql;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

/// <summary>How the tables come to be.</summary>
public sealed class PostgresSchemaTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    [Fact]
    public async Task Migrations_RunOnce_WhenManyProcessesStartAtOnce()
    {
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Pooling=false");
        await database.QueryAsync("DROP SCHEMA IF EXISTS realtime CASCADE");

        var taken = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ =>
            PostgresSchema.MigrateAsync(source, TestContext.Current.CancellationToken)));

        Assert.Single(taken, steps => steps > 0);
        Assert.Equal(taken.Sum(), (await database.QueryAsync("SELECT step FROM realtime.migrations")).Count);
        await RoleWithoutRights_CanStartAsync();
    }

    [Fact]
    public async Task TablesOfAnEarlierVersion_GetAnOutbox_AndKeepWhatTheyHold()
    {
        await using var harness = new PostgresStoreHarness(database.ConnectionString);
        var repository = harness.Repository();
        var id = await repository.CreateAsync("{}");
        await database.QueryAsync("""
            DROP TABLE realtime.changes;
            ALTER TABLE realtime.repositories DROP COLUMN outbox_bytes, DROP COLUMN outbox_written;
            DELETE FROM realtime.migrations WHERE step > 1
            """);
        await harness.ReopenAsync();

        Assert.NotNull(await repository.GetAsync(id));
        Assert.Equal((false, true), ((await repository.ChangesAsync(0)).IsContinuous, (await repository.ChangesAsync(1)).IsContinuous));
        await repository.CreateAsync("{}");
        Assert.Equal(2, Assert.Single((await repository.ChangesAsync(1)).Changes).Position);
    }

    [Fact]
    public async Task Start_Fails_WhenTheServerCannotBeReachedInTime()
    {
        var options = Options.Create(new PostgresOptions
        {
            ConnectionString = "Host=/nowhere;Username=postgres",
            StartTimeLimit = TimeSpan.Zero,
        });
        await using var connections = new PostgresDatabase(
            options, Options.Create(new DocumentOptions()), TimeProvider.System, NullLogger<PostgresDatabase>.Instance, NullLoggerFactory.Instance);

        await Assert.ThrowsAsync<NpgsqlException>(() => connections.StartAsync(TestContext.Current.CancellationToken));
    }

    private async Task RoleWithoutRights_CanStartAsync()
    {
        await database.QueryAsync("""
            CREATE ROLE reader LOGIN;
            GRANT USAGE ON SCHEMA realtime TO reader;
            GRANT SELECT ON realtime.migrations TO reader
            """);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString + ";Username=reader;Pooling=false");

        Assert.Equal(0, await PostgresSchema.MigrateAsync(source, TestContext.Current.CancellationToken));
    }
}
