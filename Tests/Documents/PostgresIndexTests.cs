using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using Realtime.Documents;
using Realtime.Tests.Contracts;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>Which reads an index serves in a large repository, read from PostgreSQL's own plans.</summary>
public sealed partial class PostgresIndexTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    private const int Documents = 50_000;

    [Fact]
    public async Task LargeRepository_IsServedByIndexes()
    {
        await using var harness = new PostgresStoreHarness(database.ConnectionString);
        var repository = harness.Repository();
        var ids = await FillAsync(repository);
        Assert.Null(await repository.CreateIndexAsync("n"));
        await database.QueryAsync("VACUUM ANALYZE");

        await TimeAsync("get", () => repository.GetAsync(ids[7777]));
        await TimeAsync("list, first page", () => repository.QueryAsync(DocumentScope.All, 1, 25));
        await TimeAsync("list, middle page", () => repository.QueryAsync(DocumentScope.All, Documents / 50, 25));
        await TimeAsync("list of an account", () => repository.QueryAsync(DocumentScope.OfAccount("a7"), 2, 25));
        await TimeAsync("list of an owner", () => repository.QueryAsync(DocumentScope.OfOwner("o77"), 1, 25, true));
        await TimeAsync("count", () => repository.CountAsync(DocumentScope.All));
        await TimeAsync("filter, indexed", () => repository.CountAsync(DocumentScope.All, Where("n", QueryOperator.Equal, "7777")));
        await TimeAsync("filter, not indexed", () => repository.CountAsync(DocumentScope.All, Where("text", QueryOperator.Equal, "1")));
        await TimeAsync("sorted, indexed", () => repository.QueryAsync(DocumentScope.All, 1, 25, true, "n"));

        var plans = await PlansAsync(harness, repository);
        Assert.Contains("documents_repository_id_key", await plans.ExplainAsync(
            PostgresCommands.Create(PostgresCommands.FindDocuments, repository.Database, "tasks", new[] { ids[7] })), StringComparison.Ordinal);
        Assert.Contains("documents_account", await plans.PageAsync(DocumentScope.OfAccount("a7")), StringComparison.Ordinal);
        Assert.Contains("documents_owner", await plans.PageAsync(DocumentScope.OfOwner("o77")), StringComparison.Ordinal);
        Assert.Contains("documents_pkey", await plans.PageAsync(DocumentScope.All), StringComparison.Ordinal);
        Assert.Contains("Index Only Scan using documents_account", await plans.CountAsync(DocumentScope.OfAccount("a7")), StringComparison.Ordinal);
        Assert.Contains("Index Only Scan using index_entries_entry", await plans.CountAsync(
            DocumentScope.All, Where("n", QueryOperator.Equal, "7777")), StringComparison.Ordinal);
        Assert.Contains("index_entries_entry", await plans.CountAsync(
            DocumentScope.All, Where("n", QueryOperator.Less, "20")), StringComparison.Ordinal);
        Assert.Contains("Index Only Scan Backward using index_entries_entry", await plans.PageAsync(DocumentScope.All, "n"), StringComparison.Ordinal);
        Assert.Contains("documents_repository_id_key", await plans.CountAsync(
            DocumentScope.All, Where("id", QueryOperator.Equal, $"\"{ids[7]}\"")), StringComparison.Ordinal);
        Assert.Contains("documents_pkey", await plans.ExplainAsync(
            PostgresStatements.Select(plans.Conditions(DocumentScope.All), 200)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Documents_AreFoundOneByOne_WhenStatisticsDoNotKnowThem()
    {
        const int grown = 20_000;
        await using var harness = new PostgresStoreHarness(database.ConnectionString);
        var repository = harness.Repository();
        await repository.CountAsync(DocumentScope.All);
        await database.QueryAsync("ALTER TABLE realtime.documents SET (autovacuum_enabled = false)");
        await database.QueryAsync("ALTER TABLE realtime.index_entries SET (autovacuum_enabled = false)");
        var ids = await FillAsync(repository, grown);
        Assert.Null(await repository.CreateIndexAsync("n"));

        var plans = await PlansAsync(harness, repository, grown);
        long[] sequences = [.. Enumerable.Range(0, 64).Select(n => 1 + (n * 300L))];
        var bodies = Array.ConvertAll(sequences, _ => Utf8("{}").ToArray());
        var some = plans.Repository.Id;
        await AssertReadsFewAsync(PostgresCommands.Create(
            PostgresCommands.FindDocuments, repository.Database, "tasks", sequences.Select(number => ids[(int)number - 1]).ToArray()));
        await AssertReadsFewAsync(PostgresStatements.Selected(plans.Conditions(DocumentScope.OfAccount("a7")), sequences));
        await AssertReadsFewAsync(PostgresCommands.Create(PostgresCommands.Update, some, sequences, bodies, bodies, bodies));
        await AssertReadsFewAsync(PostgresCommands.Create(PostgresCommands.RemoveEntries, plans.Repository.Indexes.Select(index => index.Id).ToArray(), sequences));
        await AssertReadsFewAsync(PostgresCommands.Create(PostgresCommands.Delete, some, sequences));

        async Task AssertReadsFewAsync(NpgsqlBatchCommand command)
        {
            var plan = await plans.ExplainAsync(command, "EXPLAIN (ANALYZE, TIMING OFF)");
            Assert.DoesNotContain("Seq Scan on documents", plan, StringComparison.Ordinal);
            Assert.DoesNotContain("Seq Scan on index_entries", plan, StringComparison.Ordinal);
            foreach (var read in RowsRead().Matches(plan).Select(match => long.Parse(match.ValueSpan, CultureInfo.InvariantCulture)))
            {
                Assert.True(read <= sequences.Length, plan);
            }
        }
    }

    // Of nodes that ran: their rows, and rows that they read in vain.
    [GeneratedRegex(@"(?<=\(actual rows=|Rows Removed by Filter: )\d+")]
    private static partial Regex RowsRead();

    private static async Task<List<string>> FillAsync(RepositoryDriver repository, int documents = Documents)
    {
        var ids = new List<string>();
        foreach (var chunk in Enumerable.Range(0, documents).Chunk(1000))
        {
            var writes = chunk.Select(n => New(
                $$"""{"n":{{n}},"text":"document number {{n}}","done":false,"tags":["a","b"],"filler":"{{new string('x', 150)}}"}""",
                $"a{n % 100}",
                $"o{n % 1000}")).ToList();
            ids.AddRange(writes.Select(write => write.Id));
            await repository.CommitAsync([.. writes.Select(write => write.Write)]);
        }

        return ids;
    }

    private static async Task TimeAsync(string what, Func<Task> read)
    {
        await read();
        var start = Stopwatch.GetTimestamp();
        await read();
        TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {Stopwatch.GetElapsedTime(start).TotalMilliseconds:F1} ms");
    }

    private static async Task<Plans> PlansAsync(PostgresStoreHarness harness, RepositoryDriver repository, int documents = Documents)
    {
        await using var connection = await harness.Connections.OpenAsync(TestContext.Current.CancellationToken);
        await using var find = connection.Together(
            PostgresCommands.Create(PostgresCommands.FindRepository, repository.Database, "tasks"),
            PostgresCommands.Create(PostgresCommands.FindIndexes, repository.Database, "tasks"));
        await using var reader = await find.ExecuteReaderAsync(TestContext.Current.CancellationToken);
        var found = await PostgresCommands.ReadRepositoryAsync(reader, TestContext.Current.CancellationToken);
        Assert.Equal(documents, found!.Documents);
        return new Plans(harness, found);
    }

    private sealed class Plans(PostgresStoreHarness harness, PostgresRepository repository)
    {
        public PostgresRepository Repository => repository;

        public PostgresConditions Conditions(DocumentScope scope, params QueryClause[] clauses)
        {
            var conditions = new PostgresConditions(repository);
            conditions.Add(scope);
            Assert.Null(conditions.Add(clauses));
            return conditions;
        }

        public Task<string> PageAsync(DocumentScope scope, string? sort = null) =>
            ExplainAsync(PostgresStatements.Page(repository, Conditions(scope), sort, descending: true, 25, 25));

        public Task<string> CountAsync(DocumentScope scope, params QueryClause[] clauses) =>
            ExplainAsync(PostgresStatements.Count(Conditions(scope, clauses)));

        public async Task<string> ExplainAsync(NpgsqlBatchCommand command, string explanation = "EXPLAIN")
        {
#pragma warning disable CA2100 // The store's own statement.
            command.CommandText = $"{explanation} {command.CommandText}";
#pragma warning restore CA2100
            await using var connection = await harness.Connections.OpenAsync(TestContext.Current.CancellationToken);
            await using var explain = connection.Together(command);
            await using var reader = await explain.ExecuteReaderAsync(TestContext.Current.CancellationToken);
            var lines = new List<string>();
            while (await reader.ReadAsync(TestContext.Current.CancellationToken))
            {
                lines.Add(reader.GetString(0));
            }

            return string.Join('\n', lines);
        }
    }
}
