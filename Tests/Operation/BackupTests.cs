using System.Security.Cryptography;
using Realtime.Tests.Clients;
using Realtime.Tests.Cluster;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Operation;

/// <summary>The guide's commands for backup and restore, on a process that is being written to.</summary>
public sealed class BackupTests(PostgresTestDatabase postgres) : IClassFixture<PostgresTestDatabase>, IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtime-backup-").FullName;
    private readonly string _signingSecret = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task SqliteCopy_HoldsEverythingFromBefore_AndIsARunningSystem()
    {
        var data = Path.Combine(_folder, "data");
        var backup = Path.Combine(_folder, "backup");
        Contents contents;
        await using (var process = await StartAsync("first", data))
        {
            contents = await FillAsync(process);
            await WhileWritingAsync(contents, () => GuideCommands.RunAsync("SQLite (all-in-one)", ("DATA", data), ("BACKUP", backup)));
        }

        await using var restored = await StartAsync("restored", backup);
        await AssertHoldsAsync(contents, restored);
    }

    [Fact]
    public async Task PostgresDump_HoldsEverythingFromBefore_AndIsARunningSystem()
    {
        var data = Path.Combine(_folder, "data");
        var backup = Path.Combine(_folder, "backup");
        var socket = Path.GetDirectoryName(await postgres.Server.SocketAsync())!;
        string Url(string database) => $"postgresql://postgres@/{database}?host={socket}";
        var name = new Npgsql.NpgsqlConnectionStringBuilder(postgres.ConnectionString).Database!;
        Contents contents;
        await using (var process = await StartAsync("first", data, Postgres(postgres.ConnectionString)))
        {
            contents = await FillAsync(process);
            await WhileWritingAsync(contents, async () =>
            {
                await GuideCommands.RunAsync("SQLite (all-in-one)", ("DATA", data), ("BACKUP", backup));
                await GuideCommands.RunAsync(
                    "PostgreSQL",
                    ("DATABASE_URL", Url(name)),
                    ("RESTORED_URL", Url("documents_restored")),
                    ("PGHOST", socket),
                    ("PGUSER", "postgres"),
                    ("DUMP", Path.Combine(_folder, "documents.dump")));
            });
        }

        await using var restored = await StartAsync(
            "restored", backup, Postgres(postgres.ConnectionString.Replace(name, "documents_restored", StringComparison.Ordinal)));
        await AssertHoldsAsync(contents, restored);
    }

    private static Dictionary<string, string> Postgres(string connectionString) => new()
    {
        ["Realtime:Documents:Store"] = "Postgres",
        ["Realtime:Documents:ConnectionString"] = connectionString,
    };

    private async Task<ServerProcess> StartAsync(string name, string data, Dictionary<string, string>? more = null) => await ServerProcess.Start(
        name,
        Checkout.SiloAssembly,
        new Uri($"http://127.0.0.1:{FreePorts.Next()}"),
        new Dictionary<string, string>(more ?? [])
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            ["Realtime:DataFolder"] = data,
            ["Realtime:SigningKeys:0:Id"] = "test",
            ["Realtime:SigningKeys:0:Secret"] = _signingSecret,
            ["Realtime:OperatorKey"] = RealtimeBackend.OperatorKey,
            ["Realtime:Passwords:WorkFactor"] = "4",
        },
        _folder).ReadyAsync();

    /// <summary>Two tenants' databases with a user and documents each.</summary>
    private static async Task<Contents> FillAsync(ServerProcess process)
    {
        var gateway = GatewayProcess.At(process.Address);
        var databases = new List<(TestDatabase, TestUser, List<string>)>();
        for (var i = 0; i < 2; i++)
        {
            var database = await gateway.Operator.CreateDatabaseAsync(gateway, await gateway.Operator.CreateTenantAsync("idea"));
            var user = await database.RegisterAsync();
            var documents = new List<string>();
            for (var j = 0; j < 20; j++)
            {
                documents.Add((await WriteAsync(database, user, j)).ToString());
            }

            databases.Add((database, user, documents));
        }

        return new Contents(databases);
    }

    private static async Task<System.Text.Json.JsonElement> WriteAsync(TestDatabase database, TestUser user, int number) =>
        await database.SendAsync(HttpMethod.Post, "/db/notes", user.Token, new { number, text = "something worth keeping" });

    /// <summary>Does something while documents are being written, as they are at any time.</summary>
    private static async Task WhileWritingAsync(Contents contents, Func<Task> work)
    {
        var (database, user, _) = contents.Databases[0];
        using var done = new CancellationTokenSource();
        var writing = Task.Run(async () =>
        {
            for (var number = 1000; !done.IsCancellationRequested; number++)
            {
                await WriteAsync(database, user, number);
            }
        });
        await work();
        await done.CancelAsync();
        await writing;
    }

    private static async Task AssertHoldsAsync(Contents contents, ServerProcess restored)
    {
        var gateway = GatewayProcess.At(restored.Address);
        foreach (var (before, user, documents) in contents.Databases)
        {
            var database = before with { Gateway = gateway };
            foreach (var document in documents)
            {
                var id = System.Text.Json.JsonDocument.Parse(document).RootElement.GetProperty("id").GetString();
                Assert.Equal(document, (await database.SendAsync(HttpMethod.Get, $"/db/notes/{id}", user.Token)).ToString());
            }

            var fresh = await database.SendAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" });
            await database.SendAsync(HttpMethod.Post, "/db/notes", fresh.GetString(), new { text = "written after the restore" });
            await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "r", user);
            await client.PublishAsMemberAsync("r", "hello");
        }
    }

    private sealed record Contents(List<(TestDatabase Database, TestUser User, List<string> Documents)> Databases);
}
