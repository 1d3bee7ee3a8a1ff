using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Contracts;

/// <summary>What every <see cref="IDocumentStore"/> does with bulk writes. The harness has chunks of 10 documents.</summary>
public abstract class DocumentBulkContract
{
    protected abstract DocumentStoreHarness CreateHarness();

    [Fact]
    public async Task CreateDocuments_CreatesAllInOrder()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var documents = Enumerable.Range(0, 1000).Select(n => New($$"""{"n":{{n}}}""").Write.Documents[0]).ToList();

        var result = await repository.WriteAsync(new CreateDocuments("acc", "own", [.. documents]));

        Assert.Equal(Enumerable.Range(1, 1000).Select(n => (long)n), result.Changes.Select(change => change.Position));
        Assert.Equal(documents.Take(100).Select(document => document.Id), Ids((await repository.QueryAsync(DocumentScope.All)).Value!));
    }

    [Fact]
    public async Task Select_FindsEveryMatchOnce_InChunks()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        for (var i = 0; i < 25; i++)
        {
            await repository.CreateAsync($$"""{"even":{{(i % 2 == 0 ? "true" : "false")}}}""");
        }

        var chunks = await ChunksAsync(repository, Target(Where("even", QueryOperator.Equal, "true")));

        Assert.Equal([10, 3], chunks.Select(chunk => chunk.Documents.Length));
        Assert.Equal(13, chunks.SelectMany(chunk => chunk.Documents).Distinct().Count());
    }

    [Fact]
    public async Task Select_LeavesOut_WhatIsCreatedLater()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        for (var i = 0; i < 10; i++)
        {
            await repository.CreateAsync("{}");
        }

        var first = (await repository.SelectAsync(Target())).Value!;
        await repository.WriteAsync(new DeleteSelected(Target(), first));
        await repository.CreateAsync("{}");
        var second = (await repository.SelectAsync(Target(), first)).Value!;

        Assert.Equal(10, first.Documents.Length);
        Assert.Empty(second.Documents);
        Assert.True(second.IsLast);
    }

    [Fact]
    public async Task Select_EndsAChunk_WhenItsBytesAreMany()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var large = new string('x', 700_000);
        for (var i = 0; i < 3; i++)
        {
            await repository.CreateAsync($$"""{"a":"{{large}}"}""");
        }

        var chunks = await ChunksAsync(repository, Target());

        Assert.Equal([2, 1], chunks.Select(chunk => chunk.Documents.Length));
        Assert.True(chunks[0].Bytes > 1_400_000);
    }

    [Fact]
    public async Task UpdateSelected_ChangesOnly_WhatStillMatches()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var target = Target(Where("state", QueryOperator.Equal, "\"open\""));
        var (kept, moved) = (await repository.CreateAsync("""{"state":"open"}"""), await repository.CreateAsync("""{"state":"open"}"""));
        var chunk = (await repository.SelectAsync(target)).Value!;

        await repository.WriteAsync(new UpdateDocument(moved, Everything, Utf8("""{"state":"taken"}""")));
        var result = await repository.WriteAsync(new UpdateSelected(target, chunk, Utf8("""{"state":"closed"}""")));

        Assert.Equal($$"""{"accountId":"acc","id":"{{kept}}","state":"closed"}""", Text(Assert.Single(result.Changes).Json));
        Assert.Contains("taken", await repository.GetAsync(moved), StringComparison.Ordinal);
    }

    [Fact]
    public async Task BulkWrites_TouchOnly_WhatIsReadableAndWritable()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var mine = await repository.CreateAsync("{}", "acc", "me");
        await repository.CreateAsync("{}", "acc", "colleague");
        await repository.CreateAsync("{}", "other", "me");
        var target = new BulkTarget(new DocumentAccess(DocumentScope.OfAccount("acc"), DocumentScope.OfOwner("me")), []);

        var chunk = (await repository.SelectAsync(target)).Value!;
        var everything = (await repository.SelectAsync(Target())).Value!;
        var result = await repository.WriteAsync(new DeleteSelected(target, everything));

        Assert.Single(chunk.Documents);
        Assert.Equal($"\"{mine}\"", Text(Assert.Single(result.Changes).Json));
        Assert.Equal(2, (await repository.CountAsync(DocumentScope.All)).Value);
    }

    [Fact]
    public async Task UpdateSelected_ChangesNothing_WhenOneDocumentOutgrowsTheLimit()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var small = await repository.CreateAsync("{}");
        await repository.CreateAsync($$"""{"a":"{{new string('x', 900_000)}}"}""");
        var chunk = (await repository.SelectAsync(Target())).Value!;

        var result = await repository.WriteAsync(
            new UpdateSelected(Target(), chunk, Utf8($$"""{"b":"{{new string('x', 200_000)}}"}""")));

        Assert.Equal(413, result.Error?.Status);
        Assert.Equal($$"""{"accountId":"acc","id":"{{small}}"}""", await repository.GetAsync(small));
        Assert.Equal(2, await repository.PositionAsync());
    }

    private static async Task<List<DocumentSelection>> ChunksAsync(RepositoryDriver repository, BulkTarget target)
    {
        var chunks = new List<DocumentSelection>();
        do
        {
            chunks.Add((await repository.SelectAsync(target, chunks.LastOrDefault())).Value!);
        }
        while (!chunks[^1].IsLast);

        return chunks;
    }
}
