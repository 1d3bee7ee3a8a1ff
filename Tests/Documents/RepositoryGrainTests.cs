using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>Rights, refusals and answers of a repository (protocol 2.1, 3.2).</summary>
public sealed class RepositoryGrainTests(RepositoryCluster cluster) : IClassFixture<RepositoryCluster>
{
    [Fact]
    public async Task Create_BelongsToTheCaller_WhateverTheDocumentSays()
    {
        var scene = new RepositoryScene(cluster, "x");
        var body = Utf8("""{"id":"evil","accountId":"C","ownerId":"c","n":1}""");

        var created = await scene.Repository.CreateAsync(scene.A, Identifiers.NewId(), body);
        var read = await scene.Repository.QueryAsync(scene.B, new DocumentQuery([], 1, 25, false, null));

        Assert.Matches("""^\{"accountId":"A","id":"[0-9a-f]{32}","n":1\}$""", Text(created.Value));
        Assert.Equal($"[{Text(created.Value)}]", Text(read.Value!.Results));
    }

    [Fact]
    public async Task Writes_AreRefused_WhenTheyAreNotAllowed()
    {
        var scene = new RepositoryScene(cluster, "x");
        var id = await scene.CreateAsync(scene.A, """{"n":1}""");

        var statuses = new[]
        {
            (await scene.Repository.UpdateAsync(scene.B, id, Utf8("{}"))).Error?.Status,
            (await scene.Repository.UpdateAsync(scene.C, id, Utf8("{}"))).Error?.Status,
            (await scene.Repository.DeleteAsync(scene.B, id)).Error?.Status,
            (await scene.Repository.IncrementAsync(scene.B, id, "n", Utf8("1")))?.Status,
            (await scene.Repository.IncrementAsync(scene.C, id, "n", Utf8("1")))?.Status,
            (await scene.Repository.IncrementAsync(scene.A, id, "n", Utf8("\"1\"")))?.Status,
            (await scene.Repository.GetAsync(scene.C, id)).Error?.Status,
        };

        Assert.Equal([403, 404, 403, 403, 404, 400, 404], statuses);
        Assert.Equal(0, (await scene.Repository.DeleteAsync(scene.C, id)).Value);
        Assert.Equal(1, (await scene.Repository.DeleteAsync(scene.A, id)).Value);
    }

    [Fact]
    public async Task Root_PassesEveryCheck()
    {
        var scene = new RepositoryScene(cluster, "x_700_");
        var id = await scene.CreateAsync(scene.A, """{"n":1}""");

        var updated = await scene.Repository.UpdateAsync(scene.Root, id, Utf8("""{"n":2}"""));

        Assert.Equal($$"""{"accountId":"A","id":"{{id}}","n":2}""", Text(updated.Value));
        Assert.Equal(404, (await scene.Repository.GetAsync(scene.B, id)).Error?.Status);
    }

    [Theory]
    [InlineData("sb_tokens", 403)]
    [InlineData("1x", 400)]
    [InlineData("x y", 400)]
    public async Task Repository_IsRefused_WhenItsNameIsReservedOrMalformed(string name, int status)
    {
        var scene = new RepositoryScene(cluster, name);

        var read = await scene.Repository.GetAsync(scene.Root, "x");
        var write = await scene.Repository.CreateAsync(scene.Root, Identifiers.NewId(), Utf8("{}"));

        Assert.Equal((status, status), (read.Error?.Status, write.Error?.Status));
    }

    [Fact]
    public async Task Anonymous_ReadsPublicNames_AndWritesNothing()
    {
        var (open, closed) = (new RepositoryScene(cluster, "pub_x"), new RepositoryScene(cluster, "x"));
        var id = await open.CreateAsync(open.A);

        Assert.NotEqual(0, (await open.Repository.GetAsync(null, id)).Value.Length);
        Assert.Equal(1, (await open.Repository.CountAsync(null, [])).Value);
        Assert.Equal(RealtimeError.InvalidToken, (await open.Repository.CreateAsync(null!, Identifiers.NewId(), Utf8("{}"))).Error);
        Assert.Equal(RealtimeError.InvalidToken, (await closed.Repository.CountAsync(null, [])).Error);
    }

    [Fact]
    public async Task Caller_IsRefused_WhenItIsOfAnotherDatabase()
    {
        var (here, elsewhere) = (new RepositoryScene(cluster, "x_777_"), new RepositoryScene(cluster, "x_777_"));

        var read = await here.Repository.CountAsync(elsewhere.Root, []);
        var write = await here.Repository.CreateAsync(elsewhere.Root, Identifiers.NewId(), Utf8("{}"));

        Assert.Equal(RealtimeError.InvalidToken, read.Error);
        Assert.Equal(RealtimeError.InvalidToken, write.Error);
    }

    [Theory]
    [InlineData("{}", 400)]
    [InlineData("""[{},1]""", 400)]
    [InlineData("""[{}]x""", 400)]
    [InlineData("[]", null)]
    public async Task CreateMany_IsAllOrNothing(string json, int? status)
    {
        var scene = new RepositoryScene(cluster, "x");

        var result = await scene.Repository.CreateManyAsync(scene.A, Identifiers.NewId(), Utf8(json));

        Assert.Equal(status, result.Error?.Status);
        Assert.Equal(0, (await scene.Repository.CountAsync(scene.A, [])).Value);
    }

    [Theory]
    [InlineData(1000, null)]
    [InlineData(1001, 400)]
    public async Task CreateMany_IsBounded(int count, int? status)
    {
        var scene = new RepositoryScene(cluster, "x");

        var result = await scene.Repository.CreateManyAsync(
            scene.A, Identifiers.NewId(), Utf8($"[{string.Join(',', Enumerable.Repeat("{}", count))}]"));

        Assert.Equal(status, result.Error?.Status);
        Assert.Equal(status is null ? count : 0, (await scene.Repository.CountAsync(scene.A, [])).Value);
    }

    [Fact]
    public async Task BulkWrites_ChangeEveryMatch_InManyChunks()
    {
        var scene = new RepositoryScene(cluster, "x_760_");
        await scene.Repository.CreateManyAsync(scene.A, Identifiers.NewId(), Utf8($"[{string.Join(',', Enumerable.Range(0, 95).Select(n => $$"""{"n":{{n}}}"""))}]"));
        await scene.CreateAsync(scene.C, """{"n":0}""");
        QueryClause[] low = [Where("n", QueryOperator.Less, "50")];

        var updated = await scene.Repository.UpdateManyAsync(scene.B, Utf8("""{"low":true}"""), low);
        var deleted = await scene.Repository.DeleteManyAsync(scene.B, [Where("low", QueryOperator.Equal, "true")]);
        var malformed = await scene.Repository.DeleteManyAsync(scene.B, [Where("n", QueryOperator.Equal, "{")]);

        Assert.Equal((50, 50), (updated.Value, deleted.Value));
        Assert.Equal(400, malformed.Error?.Status);
        Assert.Equal(45, (await scene.Repository.CountAsync(scene.A, [])).Value);
        Assert.Equal(1, (await scene.Repository.CountAsync(scene.C, [])).Value);
    }

    [Fact]
    public async Task DeleteOwned_RemovesTheDocumentsOfOneUser()
    {
        var scene = new RepositoryScene(cluster, "x");
        await scene.CreateAsync(scene.A);
        await scene.CreateAsync(scene.B);
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));

        var deleted = await scene.Repository.DeleteOwnedAsync("a");

        Assert.Equal(1, deleted.Value);
        Assert.Equal("D3", scene.Heard(gateway));
        Assert.Equal(1, (await scene.Repository.CountAsync(scene.A, [])).Value);
    }

    [Fact]
    public async Task Documents_AreKept_WhenTheGrainMoves()
    {
        var scene = new RepositoryScene(cluster, "x");
        var id = await scene.CreateAsync(scene.A);

        await cluster.Cluster.DeactivateAsync(scene.Repository);
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));
        await scene.Repository.DeleteAsync(scene.A, id);

        Assert.Equal("D2", scene.Heard(gateway));
    }
}
