using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Npgsql;
using Realtime.Silo;

namespace Realtime.Tests.Documents;

/// <summary>The whole process with its documents in PostgreSQL, chosen by settings alone.</summary>
public sealed class PostgresSiloTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    [Fact]
    public async Task Documents_AreKeptInPostgres_WhenTheSettingSaysSo()
    {
        var dataFolder = Directory.CreateTempSubdirectory("realtime-postgres-").FullName;
        await using var app = SiloHost.Build(
        [
            "--urls", "http://127.0.0.1:0",
            "--environment", "Development",
            "--Realtime:DataFolder", dataFolder,
            "--Realtime:Documents:Store", "Postgres",
            "--Realtime:Documents:ConnectionString", database.ConnectionString,
            "--Logging:LogLevel:Default", "Warning",
        ]);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        using var http = new HttpClient { BaseAddress = new Uri(address) };
        http.DefaultRequestHeaders.Add("SB-PUBLIC-KEY", "dev_memory_pk");
        http.DefaultRequestHeaders.Authorization = new("Bearer", "safe-to-use-in-dev-root-token");

        using var created = await http.PostAsJsonAsync("/sudo/tasks", new { title = "kept" }, TestContext.Current.CancellationToken);

        Assert.Equal(201, (int)created.StatusCode);
        await using var source = NpgsqlDataSource.Create(database.ConnectionString);
        await using var count = source.CreateCommand("SELECT count(*) FROM realtime.documents WHERE body LIKE '%kept%'");
        Assert.Equal(1L, await count.ExecuteScalarAsync(TestContext.Current.CancellationToken));
        Assert.False(Directory.Exists(Path.Combine(dataFolder, "documents")));
        await app.StopAsync(TestContext.Current.CancellationToken);
        Directory.Delete(dataFolder, recursive: true);
    }
}
