using System.Globalization;
using Microsoft.Data.Sqlite;
using Orleans.Storage;

namespace Realtime.Providers.SqliteStorage;

/// <summary>The SQL of the one table. Every call blocks; callers keep it off the grain scheduler.</summary>
internal static class GrainStateTable
{
    private const string Match = "ServiceId = $service AND GrainId = $grain AND StateName = $state";

    /// <summary>Creates the table and sets what holds for the whole file.</summary>
    public static void Create(SqliteConnection connection) => Execute(connection, """
        PRAGMA journal_mode = WAL;
        CREATE TABLE IF NOT EXISTS GrainState (
            ServiceId TEXT NOT NULL,
            GrainId   TEXT NOT NULL,
            StateName TEXT NOT NULL,
            Version   INTEGER NOT NULL,
            Payload   BLOB NOT NULL,
            PRIMARY KEY (ServiceId, GrainId, StateName));
        """);

    // In WAL mode the default, NORMAL, may lose acknowledged commits on a power failure; FULL syncs the log before it returns.
    public static void MakeCommitsDurable(SqliteConnection connection) => Execute(connection, "PRAGMA synchronous = FULL;");

    public static StateRow? Read(SqliteConnection connection, StateKey key)
    {
        using var command = CommandFor(connection, key, $"SELECT Version, Payload FROM GrainState WHERE {Match}");
        using var reader = command.ExecuteReader();
        return reader.Read() ? new StateRow(reader.GetInt64(0), reader.GetFieldValue<byte[]>(1)) : null;
    }

    /// <summary>Applies one change inside the connection's transaction, or notes why it doesn't apply.</summary>
    /// <param name="connection">A connection in a transaction.</param>
    /// <param name="change">The change.</param>
    /// <param name="firstVersion">The version of a row that this change creates.</param>
    public static void Apply(SqliteConnection connection, StateChange change, long firstVersion)
    {
        var (changedRows, newVersion) = change switch
        {
            { Payload: { } payload, ExpectedVersion: null } => (Insert(connection, change.Key, payload, firstVersion), firstVersion),
            { Payload: { } payload, ExpectedVersion: { } expected } => (Update(connection, change.Key, payload, expected), expected + 1),
            { ExpectedVersion: { } expected } => (Delete(connection, change.Key, expected), (long?)null),
            _ => (0, null),
        };
        if (changedRows == 1)
        {
            change.Applied(newVersion);
            return;
        }

        var stored = ReadVersion(connection, change.Key);
        if (change.Payload is null && change.ExpectedVersion is null && stored is null)
        {
            // Clearing what never was is no conflict.
            change.Applied(null);
            return;
        }

        change.Refused(new InconsistentStateException(
            $"State '{change.Key.StateName}' of grain {change.Key.GrainId} is at version {Text(stored)} and not {Text(change.ExpectedVersion)}: it was changed elsewhere.",
            Text(stored),
            Text(change.ExpectedVersion)));
    }

    public static void Execute(SqliteConnection connection, string sql)
    {
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        command.ExecuteNonQuery();
    }

    private static int Insert(SqliteConnection connection, StateKey key, byte[] payload, long version)
    {
        using var command = CommandFor(connection, key, """
            INSERT INTO GrainState (ServiceId, GrainId, StateName, Version, Payload)
            VALUES ($service, $grain, $state, $version, $payload) ON CONFLICT DO NOTHING
            """);
        command.Parameters.AddWithValue("$version", version);
        command.Parameters.AddWithValue("$payload", payload);
        return command.ExecuteNonQuery();
    }

    private static int Update(SqliteConnection connection, StateKey key, byte[] payload, long expected)
    {
        using var command = CommandFor(connection, key,
            $"UPDATE GrainState SET Payload = $payload, Version = Version + 1 WHERE {Match} AND Version = $version");
        command.Parameters.AddWithValue("$version", expected);
        command.Parameters.AddWithValue("$payload", payload);
        return command.ExecuteNonQuery();
    }

    private static int Delete(SqliteConnection connection, StateKey key, long expected)
    {
        using var command = CommandFor(connection, key, $"DELETE FROM GrainState WHERE {Match} AND Version = $version");
        command.Parameters.AddWithValue("$version", expected);
        return command.ExecuteNonQuery();
    }

    private static long? ReadVersion(SqliteConnection connection, StateKey key)
    {
        using var command = CommandFor(connection, key, $"SELECT Version FROM GrainState WHERE {Match}");
        return (long?)command.ExecuteScalar();
    }

    private static SqliteCommand CommandFor(SqliteConnection connection, StateKey key, string sql)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        command.Parameters.AddWithValue("$service", key.ServiceId);
        command.Parameters.AddWithValue("$grain", key.GrainId);
        command.Parameters.AddWithValue("$state", key.StateName);
        return command;
    }

    private static string Text(long? version) => version?.ToString(CultureInfo.InvariantCulture) ?? "none";
}
