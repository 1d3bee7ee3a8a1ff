using Microsoft.Data.Sqlite;
using Npgsql;
using Realtime.Benchmarks.Load.Dialects;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>Document stores with nothing around them: what creating documents is compared with.</summary>
internal static class PlainStores
{
    /// <summary>A file, as durable as the embedded store's.</summary>
    public static RunningServer OpenSqlite(string name)
    {
        var folder = new TemporaryFolder();
        var connection = new SqliteConnection($"Data Source={Path.Combine(folder.Path, "plain.db")};Pooling=False");
        return Describe(name, new PlainInserts(name, connection, "PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL"), [folder, connection]);
    }

    /// <summary>A server of its own.</summary>
    public static RunningServer OpenPostgres(string name)
    {
        var server = new PostgresServer();
        var connection = new NpgsqlConnection(server.ConnectionString + ";Pooling=false;Max Auto Prepare=4");
        return Describe(name, new PlainInserts(name, connection), [server, connection]);
    }

    private static RunningServer Describe(string name, PlainInserts store, List<IDisposable> parts) =>
        new(new Target(name, [], [Environment.ProcessId], new RealtimeDialect(authenticates: false)), null, parts) { PlainStore = store };
}
