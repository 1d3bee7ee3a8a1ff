using System.Data.Common;
using System.Globalization;
using Realtime.Benchmarks.Load.Measures;
using Realtime.Benchmarks.Load.Workloads;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>
/// What a document store can take: a plain client that inserts documents in batches, each in a transaction that is durable
/// before the next begins, into a table with the indexes that this backend needs.
/// </summary>
/// <param name="name">As in results.</param>
/// <param name="connection">The store, not opened yet.</param>
/// <param name="settings">Statements that come first.</param>
internal sealed class PlainInserts(string name, DbConnection connection, params string[] settings)
{
    /// <summary>Documents of a transaction.</summary>
    public const int Batch = 32;

    private static readonly string[] Tables =
    [
        "CREATE TABLE plain(seq BIGINT PRIMARY KEY, id TEXT NOT NULL UNIQUE, account TEXT NOT NULL, owner TEXT NOT NULL, body TEXT NOT NULL, created BIGINT NOT NULL)",
        "CREATE INDEX plain_account ON plain(account)",
        "CREATE INDEX plain_owner ON plain(owner)",
    ];

    private readonly string _account = Guid.NewGuid().ToString();
    private readonly string _owner = Guid.NewGuid().ToString();
    private long _sequence;

    /// <summary>Inserts for as long as the run lasts.</summary>
    public async Task<Measurement> MeasureAsync(FanoutRun run)
    {
        await connection.OpenAsync();
        foreach (var statement in settings.Concat(Tables))
        {
            await using var command = connection.CreateCommand();
            command.CommandText = statement;
            await command.ExecuteNonQueryAsync();
        }

        await InsertAsync(run.WarmUp, run.Shape.DataBytes);
        var (begun, cpu, first) = (Clock.Now, Environment.CpuUsage.TotalTime, _sequence);
        await InsertAsync(run.Length, run.Shape.DataBytes);
        var (seconds, used) = (Clock.Time(Clock.Now - begun).TotalSeconds, (Environment.CpuUsage.TotalTime - cpu).TotalSeconds);
        await connection.CloseAsync();
        return new Measurement
        {
            Target = name,
            Workload = run.Workload,
            PerSecond = (_sequence - first) / seconds,
            ServerCpuPerMillion = used * 1e6 / (_sequence - first),
            ServerCores = used / seconds,
        };
    }

    private async Task InsertAsync(TimeSpan length, int dataBytes)
    {
        var title = new string('x', dataBytes);
        for (var end = Clock.Now + Clock.Ticks(length); Clock.Now < end;)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            if (connection.CanCreateBatch)
            {
                await using var batch = connection.CreateBatch();
                batch.Transaction = transaction;
                for (var i = 0; i < Batch; i++)
                {
                    var command = batch.CreateBatchCommand();
                    command.CommandText = Fill(command.Parameters, command.CreateParameter, title);
                    batch.BatchCommands.Add(command);
                }

                await batch.ExecuteNonQueryAsync();
            }
            else
            {
                for (var i = 0; i < Batch; i++)
                {
                    await using var command = connection.CreateCommand();
                    command.Transaction = transaction;
                    command.CommandText = Fill(command.Parameters, command.CreateParameter, title);
                    await command.ExecuteNonQueryAsync();
                }
            }

            await transaction.CommitAsync();
        }
    }

    private string Fill(DbParameterCollection parameters, Func<DbParameter> create, string title)
    {
        var id = Guid.NewGuid().ToString();
        Add("seq", ++_sequence);
        Add("id", id);
        Add("account", _account);
        Add("owner", _owner);
        Add("body", string.Create(CultureInfo.InvariantCulture, $$"""{"accountId":"{{_account}}","id":"{{id}}","title":"{{title}}","done":false}"""));
        Add("created", DateTimeOffset.UtcNow.ToUnixTimeMilliseconds());
        return "INSERT INTO plain(seq, id, account, owner, body, created) VALUES (@seq, @id, @account, @owner, @body, @created)";

        void Add(string parameterName, object value)
        {
            var parameter = create();
            (parameter.ParameterName, parameter.Value) = (parameterName, value);
            parameters.Add(parameter);
        }
    }
}
