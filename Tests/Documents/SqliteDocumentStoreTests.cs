using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Realtime.Documents;
using Realtime.Tests.Contracts;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>What only the embedded store promises: its files, its bounds and its indexes.</summary>
public sealed class SqliteDocumentStoreTests
{
    [Fact]
    public async Task Read_MakesNoFile_WhenDatabaseIsUnknown()
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();

        await repository.QueryAsync(DocumentScope.All);
        await repository.PositionAsync();
        await repository.SelectAsync(Target());

        Assert.False(Directory.Exists(harness.Folder));
    }

    [Fact]
    public async Task Reads_FindNothingOrTheDocument_WhileTheFileIsBeingMade()
    {
        await using var harness = new SqliteStoreHarness();
        var repositories = Enumerable.Range(0, 30).Select(_ => harness.Repository()).ToList();

        var writes = repositories.ConvertAll(repository => repository.CreateAsync("{}"));
        var counts = await Task.WhenAll(repositories
            .SelectMany(repository => Enumerable.Repeat(repository, 20))
            .Select(repository => repository.CountAsync(DocumentScope.All)));
        await Task.WhenAll(writes);

        Assert.All(counts, count => Assert.InRange(count.Value, 0, 1));
        Assert.All(counts, count => Assert.Null(count.Error));
    }

    [Fact]
    public async Task FileOfAnEarlierVersion_GetsAnOutbox_WithTheNextWrite()
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");
        Scalar(harness, repository, "DROP TABLE changes; SELECT 0");
        await harness.ReopenAsync();

        var (before, here) = (await repository.ChangesAsync(0), await repository.ChangesAsync(1));
        await repository.CreateAsync("{}");

        Assert.Equal((false, true), (before.IsContinuous, here.IsContinuous));
        Assert.Equal(2, Assert.Single((await repository.ChangesAsync(1)).Changes).Position);
        Assert.False((await repository.ChangesAsync(0)).IsContinuous);
    }

    [Fact]
    public async Task Read_IsRefused_WhenItsTurnDoesNotCome()
    {
        await using var harness = new SqliteStoreHarness(options =>
        {
            options.MaxConcurrentFilters = 1;
            options.MaxReadWait = TimeSpan.FromMilliseconds(1);
        });
        var repository = harness.Repository();
        var documents = Enumerable.Range(0, 20_000).Select(n => New($$"""{"n":{{n}}}""").Write.Documents[0]);
        await repository.WriteAsync(new CreateDocuments("acc", "own", [.. documents]));
        var clause = Where("no such name", QueryOperator.Equal, "1");

        var counts = await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => repository.CountAsync(DocumentScope.All, clause)));

        Assert.Contains(counts, count => count.Error == RealtimeError.TemporarilyUnavailable);
        Assert.Contains(counts, count => count.Error is null);
    }

    [Fact]
    public async Task RefusedWrite_MakesNoTable_WhenRepositoryIsUnknown()
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");

        await repository.Named("other").CommitAsync(
            new UpdateDocument("x", Everything, Utf8("{}")), new DeleteDocument("x", Everything));
        await repository.Named("other").QueryAsync(DocumentScope.All);

        Assert.Equal(1, Scalar(harness, repository, "SELECT count(*) FROM repositories"));
        Assert.Equal(1, Scalar(harness, repository, "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name GLOB 'r[0-9]*'"));
    }

    [Fact]
    public async Task Create_IsRefused_WhenThereAreTooManyRepositories()
    {
        await using var harness = new SqliteStoreHarness(options => options.MaxRepositories = 2);
        var repository = harness.Repository("a");
        await repository.CreateAsync("{}");
        await repository.Named("b").CreateAsync("{}");

        var result = await repository.Named("c").WriteAsync(New("{}").Write);

        Assert.Equal(RealtimeError.BadRequest("too many repositories"), result.Error);
        Assert.NotEmpty((await repository.WriteAsync(New("{}").Write)).Changes);
    }

    [Fact]
    public async Task CreateIndex_IsRefused_WhenThereAreTooMany()
    {
        await using var harness = new SqliteStoreHarness(options => options.MaxIndexes = 2);
        var repository = harness.Repository();

        var made = new[]
        {
            await repository.CreateIndexAsync("a"), await repository.CreateIndexAsync("b"),
            await repository.CreateIndexAsync("b"), await repository.CreateIndexAsync("c"),
        };

        Assert.Equal([null, null, null, RealtimeError.BadRequest("too many indexes")], made);
    }

    [Fact]
    public async Task Files_AreClosedAndOpenedAgain_WhenThereAreMoreThanMayStayOpen()
    {
        await using var harness = new SqliteStoreHarness(options => options.MaxOpenDatabases = 1);
        var repositories = Enumerable.Range(0, 5).Select(_ => harness.Repository()).ToList();

        var ids = await Task.WhenAll(repositories.Select(repository => repository.CreateAsync("{}")));
        var found = await Task.WhenAll(repositories.Zip(ids, (repository, id) => repository.GetAsync(id)));

        Assert.All(found, Assert.NotNull);
        Assert.InRange(Directory.GetFiles(harness.Folder, "*-wal").Length, 0, 1);
    }

    [Fact]
    public async Task Filter_IsInterrupted_WhenItRunsPastTheTimeLimit()
    {
        await using var harness = new SqliteStoreHarness(options => options.FilterTimeLimit = TimeSpan.FromMilliseconds(1));
        var repository = harness.Repository();
        var documents = Enumerable.Range(0, 20_000).Select(n => New($$"""{"n":{{n}}}""").Write.Documents[0]);
        await repository.WriteAsync(new CreateDocuments("acc", "own", [.. documents]));
        var clause = Where("no such name", QueryOperator.Equal, "1");

        var count = await repository.CountAsync(DocumentScope.All, clause);
        var page = await repository.QueryAsync(DocumentScope.All, clauses: clause);
        var chunk = await repository.SelectAsync(Target(clause));
        var lookup = await repository.GetAsync("x");

        Assert.Equal(RealtimeError.QueryTookTooLong, count.Error);
        Assert.Equal(RealtimeError.QueryTookTooLong, page.Error);
        Assert.Equal(RealtimeError.QueryTookTooLong, chunk.Error);
        Assert.Null(lookup);
        Assert.NotEmpty((await repository.WriteAsync(New("{}").Write)).Changes);
    }

    [Fact]
    public async Task Answer_IsRefused_WhenItsDocumentsAreTooLarge()
    {
        await using var harness = new SqliteStoreHarness(options => options.MaxAnswerBytes = DocumentLimits.MaxDocumentBytes);
        var repository = harness.Repository();
        var large = $$"""{"a":"{{new string('x', 600_000)}}"}""";
        var ids = new[] { await repository.CreateAsync(large), await repository.CreateAsync(large) };

        var page = await repository.QueryAsync(DocumentScope.All);
        var many = await repository.GetManyAsync(DocumentScope.All, ids);

        Assert.Equal([413, 413], new[] { page.Error?.Status, many.Error?.Status });
    }

    [Fact]
    public async Task LargeRepository_IsServedByIndexes()
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();
        var ids = await FillAsync(repository, 100_000);
        var plans = new QueryPlans(harness.PathOf(repository.Database));
        await repository.CreateIndexAsync("n");

        var timings = new Dictionary<string, double>
        {
            ["get"] = await TimeAsync(() => repository.GetAsync(ids[77_777])),
            ["list, first page"] = await TimeAsync(() => repository.QueryAsync(DocumentScope.All, 1, 25)),
            ["list, middle page"] = await TimeAsync(() => repository.QueryAsync(DocumentScope.All, 2000, 25)),
            ["list, last page"] = await TimeAsync(() => repository.QueryAsync(DocumentScope.All, 4000, 25)),
            ["list of an account of 1,000"] = await TimeAsync(() => repository.QueryAsync(DocumentScope.OfAccount("a7"), 20, 25)),
            ["list of an owner of 100"] = await TimeAsync(() => repository.QueryAsync(DocumentScope.OfOwner("o77"), 1, 25, true)),
            ["count"] = await TimeAsync(() => repository.CountAsync(DocumentScope.All)),
            ["filter, indexed"] = await TimeAsync(() => repository.CountAsync(DocumentScope.All, Where("n", QueryOperator.Equal, "77777"))),
            ["filter, not indexed"] = await TimeAsync(() => repository.CountAsync(DocumentScope.All, Where("text", QueryOperator.Equal, "1"))),
            ["filter, not indexed, any name"] = await TimeAsync(() => repository.CountAsync(DocumentScope.All, Where("a b", QueryOperator.Equal, "1"))),
        };

        foreach (var (what, milliseconds) in timings)
        {
            TestContext.Current.TestOutputHelper?.WriteLine($"{what}: {milliseconds:F1} ms");
        }

        Assert.Contains("USING INDEX", plans.Of(table => table.FindById, "x"), StringComparison.Ordinal);
        Assert.Contains("USING INDEX r1_account", plans.OfPage(DocumentScope.OfAccount("a7")), StringComparison.Ordinal);
        Assert.Contains("USING INDEX r1_owner", plans.OfPage(DocumentScope.OfOwner("o7")), StringComparison.Ordinal);
        Assert.Contains("USING COVERING INDEX r1_account", plans.OfCount(DocumentScope.OfAccount("a7")), StringComparison.Ordinal);
        Assert.Contains("USING COVERING INDEX", plans.OfCount(DocumentScope.All), StringComparison.Ordinal);
    }

    private static async Task<List<string>> FillAsync(RepositoryDriver repository, int count)
    {
        var ids = new List<string>();
        foreach (var chunk in Enumerable.Range(0, count).Chunk(1000))
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

    private static async Task<double> TimeAsync(Func<Task> read)
    {
        await read();
        var start = Stopwatch.GetTimestamp();
        await read();
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    private static long Scalar(SqliteStoreHarness harness, RepositoryDriver repository, string sql)
    {
        using var connection = new SqliteConnection($"Data Source={harness.PathOf(repository.Database)};Pooling=False");
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = sql;
        return (long)command.ExecuteScalar()!;
    }
}
