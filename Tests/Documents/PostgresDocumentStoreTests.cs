using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>What the store in PostgreSQL promises beside the contract: its bounds, and documents that jsonb refuses.</summary>
public sealed class PostgresDocumentStoreTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    [Theory]
    [InlineData("\"a\\u0000b\"")]
    [InlineData("\"half a pair: \\ud83d\"")]
    [InlineData("[\"\\u0000\",\"\\udfff\"]")]
    [InlineData("1e400000")]
    [InlineData("-0.1234567890123456789012345678901234567890e-20000")]
    [InlineData("{\"twice\":1,\"twice\":2}")]
    public async Task Document_ComesBackAsItWas_AndIsFound_WhenJsonbWouldRefuseOrChangeIt(string value)
    {
        await using var harness = Harness();
        var repository = harness.Repository();
        await repository.CreateAsync("""{"f":"another"}""");
        var id = await repository.CreateAsync($$"""{"f":{{value}}}""");
        await repository.CreateIndexAsync("f");

        var document = await repository.GetAsync(id);
        var found = await repository.IdsAsync(Where("f", QueryOperator.Equal, value));
        var listed = await repository.IdsAsync(Where("f", QueryOperator.In, $"[{value}]"));

        Assert.Equal($$"""{"accountId":"acc","id":"{{id}}","f":{{value}}}""", document);
        Assert.Equal([id], found);
        Assert.Equal([id], listed);
    }

    [Theory]
    [InlineData("x\0y")]
    [InlineData("x\ud800")]
    public async Task Id_FindsNothing_WhenPostgresCannotHoldIt(string id)
    {
        await using var harness = Harness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");

        var document = await repository.GetAsync(id);
        var update = await repository.WriteAsync(new UpdateDocument(id, Everything, Utf8("{}")));

        Assert.Null(document);
        Assert.Equal(RealtimeError.DocumentNotFound, update.Error);
    }

    [Fact]
    public async Task Write_IsRefusedAlone_WhenTheDatabaseCannotStoreIt()
    {
        await using var harness = Harness();
        var repository = harness.Repository();

        var results = await repository.CommitAsync(New("{}").Write, New("{}", "no\0account").Write, New("{}").Write);

        Assert.Equal([null, RealtimeError.TemporarilyUnavailable, null], results.Select(result => result.Error));
        Assert.Equal([1L, 2L], results.SelectMany(result => result.Changes).Select(change => change.Position));
    }

    [Fact]
    public async Task Document_IsWrittenOnce_WhenABatchChangesItOften()
    {
        await using var harness = Harness();
        var repository = harness.Repository();
        var (id, create) = New("""{"n":0}""");
        var increments = Enumerable.Repeat(new IncrementField(id, Everything, "n", Utf8("1")), 100);

        var results = await repository.CommitAsync(
            [create, .. increments, new DeleteDocument(id, Everything), create, new UpdateDocument(id, Everything, Utf8("""{"n":7}"""))]);

        Assert.Equal(Enumerable.Range(1, 104).Select(n => (long)n), results.SelectMany(result => result.Changes).Select(change => change.Position));
        Assert.EndsWith("\"n\":100}", Text(results[100].Changes[0].Json), StringComparison.Ordinal);
        Assert.EndsWith("\"n\":7}", await repository.GetAsync(id), StringComparison.Ordinal);
        Assert.Equal(1, (await repository.CountAsync(DocumentScope.All)).Value);
    }

    [Fact]
    public async Task BulkWrite_SeesTheWritesBeforeIt_InItsBatch()
    {
        await using var harness = Harness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync("""{"state":"open"}""");
        var target = Target(Where("state", QueryOperator.Equal, "\"open\""));
        var chunk = (await repository.SelectAsync(target)).Value!;

        var results = await repository.CommitAsync(
            new UpdateDocument(id, Everything, Utf8("""{"state":"taken"}""")),
            new DeleteSelected(target, chunk),
            new UpdateDocument(id, Everything, Utf8("""{"state":"open"}""")),
            new UpdateSelected(target, chunk, Utf8("""{"state":"closed"}""")));

        Assert.Equal([1, 0, 1, 1], results.Select(result => result.Changes.Length));
        Assert.Contains("closed", await repository.GetAsync(id), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Index_ChangesNoAnswer_WhenTextsAreLongOrMissing(bool isMadeLater)
    {
        await using var harness = Harness();
        var repository = harness.Repository();
        await (isMadeLater ? Task.CompletedTask : repository.CreateIndexAsync("f"));
        var beginning = new string('é', 3000);
        string[] inOrder = ["null", "1", "\"a\"", $"\"{beginning}\"", $"\"{beginning}a\"", $"\"{beginning}b\""];
        var ids = new string[inOrder.Length];
        foreach (var rank in new[] { 5, 1, 4, 0, 3, 2 })
        {
            ids[rank] = await repository.CreateAsync($$"""{"f":{{inOrder[rank]}}}""");
        }

        await repository.CreateIndexAsync("f");
        var sorted = Ids((await repository.QueryAsync(DocumentScope.All, sort: "f")).Value!);
        var equal = await repository.IdsAsync(Where("f", QueryOperator.Equal, inOrder[4]));
        var greater = await repository.CountAsync(DocumentScope.All, Where("f", QueryOperator.Greater, inOrder[3]));
        var less = await repository.CountAsync(DocumentScope.All, Where("f", QueryOperator.Less, inOrder[4]));
        await repository.WriteAsync(new UpdateDocument(ids[4], Everything, Utf8("""{"f":null}""")));
        await repository.WriteAsync(new DeleteDocument(ids[0], Everything));

        Assert.Equal(ids, sorted);
        Assert.Equal([ids[4]], equal);
        Assert.Equal((2, 2), (greater.Value, less.Value));
        Assert.Equal([ids[4]], await repository.IdsAsync(Where("f", QueryOperator.Equal, "null")));
    }

    [Fact]
    public async Task Bounds_OfRepositoriesAndIndexes_AreKept()
    {
        await using var harness = Harness(options => (options.MaxRepositories, options.MaxIndexes) = (2, 1));
        var repository = harness.Repository("a");
        await repository.CreateAsync("{}");
        await repository.Named("b").CreateAsync("{}");

        var third = await repository.Named("c").WriteAsync(New("{}").Write);
        var indexes = new[] { await repository.CreateIndexAsync("x"), await repository.CreateIndexAsync("x"), await repository.CreateIndexAsync("y") };

        Assert.Equal(RealtimeError.BadRequest("too many repositories"), third.Error);
        Assert.Equal([null, null, RealtimeError.BadRequest("too many indexes")], indexes);
        Assert.NotEmpty((await repository.WriteAsync(New("{}").Write)).Changes);
    }

    [Fact]
    public async Task RefusedWrites_LeaveNoRepositoryBehind()
    {
        await using var harness = Harness();
        var repository = harness.Repository();
        var (_, create) = New("{}");
        var twice = create with { Documents = [create.Documents[0], create.Documents[0]] };

        await repository.CommitAsync(new UpdateDocument("x", Everything, Utf8("{}")), new DeleteDocument("x", Everything), twice);

        Assert.Empty(await harness.Store.GetRepositoriesAsync(repository.Database, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Filter_IsInterrupted_WhenItRunsPastTheTimeLimit()
    {
        await using var harness = Harness(options => options.FilterTimeLimit = TimeSpan.FromMilliseconds(1));
        var repository = harness.Repository();
        var documents = Enumerable.Range(0, 20_000).Select(n => New($$"""{"n":{{n}}}""").Write.Documents[0]);
        await repository.WriteAsync(new CreateDocuments("acc", "own", [.. documents]));
        var target = Target(Where("no such name", QueryOperator.Equal, "1"));
        var everything = new DocumentSelection([.. Enumerable.Range(1, 20_000).Select(n => (long)n)], 0, 20_000, IsLast: true);

        var count = await repository.CountAsync(DocumentScope.All, [.. target.Clauses]);
        var page = await repository.QueryAsync(DocumentScope.All, clauses: [.. target.Clauses]);
        var chunk = await repository.SelectAsync(target);
        var writes = await repository.CommitAsync(New("{}").Write, new DeleteSelected(target, everything), New("{}").Write);

        Assert.All(new[] { count.Error, page.Error, chunk.Error, writes[1].Error }, error => Assert.Equal(RealtimeError.QueryTookTooLong, error));
        Assert.Equal([20_001L, 20_002L], writes.SelectMany(result => result.Changes).Select(change => change.Position));
    }

    [Fact]
    public async Task Answer_IsRefused_WhenItsDocumentsAreTooLarge()
    {
        await using var harness = Harness(options => options.MaxAnswerBytes = DocumentLimits.MaxDocumentBytes);
        var repository = harness.Repository();
        var large = $$"""{"a":"{{new string('x', 600_000)}}"}""";
        var ids = new[] { await repository.CreateAsync(large), await repository.CreateAsync(large) };

        var page = await repository.QueryAsync(DocumentScope.All);
        var many = await repository.GetManyAsync(DocumentScope.All, ids);

        Assert.Equal([413, 413], new[] { page.Error?.Status, many.Error?.Status });
    }

    private PostgresStoreHarness Harness(Action<DocumentOptions>? configure = null) => new(database.ConnectionString, configure);
}
