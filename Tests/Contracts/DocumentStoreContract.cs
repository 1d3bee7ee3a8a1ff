using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Contracts;

/// <summary>What every <see cref="IDocumentStore"/> does with single writes, batches and positions.</summary>
public abstract class DocumentStoreContract
{
    protected abstract DocumentStoreHarness CreateHarness();

    [Fact]
    public async Task Read_FindsNothing_WhenDatabaseIsUnknown()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();

        var page = await repository.QueryAsync(DocumentScope.All);

        Assert.Equal(new DocumentPage(0, default), page.Value! with { Results = default });
        Assert.Equal("[]", Text(page.Value.Results));
        Assert.Null(await repository.GetAsync("x"));
        Assert.Equal(0, (await repository.CountAsync(DocumentScope.All)).Value);
        Assert.Equal(0, await repository.PositionAsync());
        Assert.Equal("[]", Text((await repository.GetManyAsync(DocumentScope.All, "x")).Value));
    }

    [Fact]
    public async Task Create_ReturnsAndKeepsTheDocument_AsItCame()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var (id, write) = New("""{"n":1.10,"big":123456789012345678901234567890,"nested":{"a" : [1, {"b":null}]},"é":"\u00e9"}""");

        var result = await repository.WriteAsync(write);

        var expected = $$"""{"accountId":"acc","id":"{{id}}","n":1.10,"big":123456789012345678901234567890,"nested":{"a" : [1, {"b":null}]},"é":"\u00e9"}""";
        var change = Assert.Single(result.Changes);
        Assert.Equal((1L, ChangeKind.Created, "acc", "own"), (change.Position, change.Kind, change.AccountId, change.OwnerId));
        Assert.Equal(expected, Text(change.Json));
        Assert.Equal(expected, await repository.GetAsync(id));
    }

    [Fact]
    public async Task Update_MergesTopLevelFields_AndKeepsTheRest()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync("""{"a":1,"b":{"x":1,"y":2},"c":3.0}""");

        var result = await repository.WriteAsync(
            new UpdateDocument(id, Everything, Utf8("""{"b":{"x":9},"d":null,"id":"evil","accountId":"evil","ownerId":"evil"}""")));

        var expected = $$"""{"accountId":"acc","id":"{{id}}","a":1,"b":{"x":9},"c":3.0,"d":null}""";
        Assert.Equal(expected, Text(Assert.Single(result.Changes).Json));
        Assert.Equal(expected, await repository.GetAsync(id));
    }

    [Fact]
    public async Task Update_IsRefused_WhenDocumentOutgrowsTheLimit()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var half = new string('x', DocumentLimits.MaxDocumentBytes / 2);
        var id = await repository.CreateAsync($$"""{"a":"{{half}}"}""");

        var result = await repository.WriteAsync(new UpdateDocument(id, Everything, Utf8($$"""{"b":"{{half}}"}""")));

        Assert.Equal(new RealtimeError(413, "document too large"), result.Error);
        Assert.DoesNotContain("\"b\"", await repository.GetAsync(id), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Writes_AreRefused_OutsideOfTheirScopes()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync("""{"n":1}""", "acc", "own");
        var unreadable = new DocumentAccess(DocumentScope.OfAccount("other"), DocumentScope.All);
        var unwritable = new DocumentAccess(DocumentScope.OfAccount("acc"), DocumentScope.OfOwner("other"));

        var results = await repository.CommitAsync(
            new UpdateDocument(id, unreadable, Utf8("{}")),
            new UpdateDocument(id, unwritable, Utf8("{}")),
            new IncrementField(id, unreadable, "n", Utf8("1")),
            new IncrementField(id, unwritable, "n", Utf8("1")),
            new DeleteDocument(id, unreadable),
            new DeleteDocument(id, unwritable),
            new DeleteDocument("unknown", Everything));

        Assert.Equal([404, 403, 404, 403, null, 403, null], results.Select(result => result.Error?.Status));
        Assert.All(results, result => Assert.Empty(result.Changes));
        Assert.Equal(1, await repository.PositionAsync());
        Assert.NotNull(await repository.GetAsync(id));
    }

    [Fact]
    public async Task Delete_RemovesTheDocument_AndTellsItsId()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync("{}", "acc", "own");

        var result = await repository.WriteAsync(new DeleteDocument(id, Everything));

        var change = Assert.Single(result.Changes);
        Assert.Equal((2L, ChangeKind.Deleted, "acc", "own"), (change.Position, change.Kind, change.AccountId, change.OwnerId));
        Assert.Equal($"\"{id}\"", Text(change.Json));
        Assert.Null(await repository.GetAsync(id));
    }

    [Theory]
    [InlineData("""{"n":41}""", "1", "42")]
    [InlineData("""{}""", "5", "5")]
    [InlineData("""{"n":0.1}""", "0.2", "0.3")]
    [InlineData("""{"n":1}""", "-2.5", "-1.5")]
    [InlineData("""{"n":9223372036854775807}""", "1", "9223372036854775808")]
    [InlineData("""{"n":1e300}""", "1", "1E+300")]
    public async Task Increment_Adds_WhenFieldIsANumberOrAbsent(string document, string amount, string sum)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync(document);

        var result = await repository.WriteAsync(new IncrementField(id, Everything, "n", Utf8(amount)));

        Assert.Equal($$"""{"accountId":"acc","id":"{{id}}","n":{{sum}}}""", Text(Assert.Single(result.Changes).Json));
        Assert.Equal(ChangeKind.Updated, result.Changes[0].Kind);
    }

    [Theory]
    [InlineData("""{"n":"1"}""")]
    [InlineData("""{"n":true}""")]
    [InlineData("""{"n":null}""")]
    [InlineData("""{"n":[1]}""")]
    public async Task Increment_IsRefused_WhenFieldIsNoNumber(string document)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync(document);

        var result = await repository.WriteAsync(new IncrementField(id, Everything, "n", Utf8("1")));

        Assert.Equal(RealtimeError.BadRequest("field is not a number"), result.Error);
    }

    [Fact]
    public async Task Batch_NumbersChangesWithoutAGap_WhenSomeWritesAreRefused()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var (first, create) = New("""{"n":1}""");
        var (_, duplicate) = New("""{"n":2}""", "acc", "other");
        var twice = duplicate with { Documents = [.. duplicate.Documents, create.Documents[0]] };

        var results = await repository.CommitAsync(
            create,
            twice,
            new UpdateDocument(first, Everything, Utf8("""{"n":3}""")),
            new UpdateDocument("unknown", Everything, Utf8("{}")),
            New("{}").Write);

        Assert.Equal([1, 2, 3], results.SelectMany(result => result.Changes).Select(change => change.Position));
        Assert.Equal(503, results[1].Error?.Status);
        Assert.Equal(2, (await repository.CountAsync(DocumentScope.All)).Value);
        Assert.Equal(3, await repository.PositionAsync());
    }

    [Fact]
    public async Task Repository_IsItsFullName_WhenSuffixesDiffer()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository("tasks");
        var id = await repository.CreateAsync("{}");

        var other = await repository.Named("tasks_777_").GetAsync(id);

        Assert.Null(other);
        Assert.Empty(await repository.Named("TASKS").IdsAsync());
    }

    [Fact]
    public async Task GetMany_KeepsTheOrderOfIds_AndLeavesOutWhatIsNotThere()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var mine = await repository.CreateAsync("{}", "acc", "own");
        var foreign = await repository.CreateAsync("{}", "other", "else");
        var last = await repository.CreateAsync("{}", "acc", "own");

        var result = await repository.GetManyAsync(DocumentScope.OfAccount("acc"), last, "unknown", foreign, mine);

        Assert.Equal([last, mine], Elements(result.Value).Select(document => document.GetProperty("id").GetString()));
    }

    [Fact]
    public async Task Data_IsKept_WhenTheStoreIsOpenedAgain()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync("""{"n":1}""");
        await repository.CreateAsync("{}");

        await harness.ReopenAsync();

        Assert.NotNull(await repository.GetAsync(id));
        Assert.Equal(2, await repository.PositionAsync());
        Assert.Equal(3, (await repository.WriteAsync(New("{}").Write)).Changes[0].Position);
    }

    [Fact]
    public async Task GetRepositories_NamesThose_ThatWereWrittenTo()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository("b_760_");
        var before = await harness.Store.GetRepositoriesAsync(repository.Database, TestContext.Current.CancellationToken);
        await repository.CreateAsync("{}");
        await repository.Named("a").CreateAsync("{}");
        await repository.Named("c").QueryAsync(DocumentScope.All);

        var after = await harness.Store.GetRepositoriesAsync(repository.Database, TestContext.Current.CancellationToken);

        Assert.Empty(before);
        Assert.Equal(["a", "b_760_"], after.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task DeleteDatabase_RemovesItsDocuments_AndNoOthers()
    {
        await using var harness = CreateHarness();
        var (gone, kept) = (harness.Repository(), harness.Repository());
        var (goneId, keptId) = (await gone.CreateAsync("{}"), await kept.CreateAsync("{}"));

        await harness.Store.DeleteDatabaseAsync(gone.Database, TestContext.Current.CancellationToken);

        Assert.Null(await gone.GetAsync(goneId));
        Assert.NotNull(await kept.GetAsync(keptId));
        Assert.Equal(1, (await gone.WriteAsync(New("{}").Write)).Changes[0].Position);
    }
}
