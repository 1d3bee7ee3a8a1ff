using System.Text.Json;
using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Contracts;

/// <summary>What every <see cref="IDocumentStore"/> finds, and in which order.</summary>
public abstract class DocumentQueryContract
{
    private static readonly string[] Values =
    [
        "null", "true", "false", "0", "1", "1.0", "-1", "9", "10", "1.5", "1e2", "100", "9007199254740993", "12345678901234567890",
        "\"\"", "\"1\"", "\"9\"", "\"10\"", "\"a\"", "\"b\"", "\"true\"", "\"null\"", "\"é\"", "\"\\u00e9\"", "\"x\"", "\"x\\u0000y\"",
        "\"\\ud83d\\ude00\"", "\"' OR 1=1 --\"", "\"{}\"", "\"[]\"", "[]", "[1]", "[1,\"a\",null,true]", "[[1]]", "{}", "{\"a\":1}", "[{\"a\":1}]",
    ];

    protected abstract DocumentStoreHarness CreateHarness();

    public static TheoryData<string, QueryOperator> FieldsAndOperators()
    {
        string[] fields = ["f", "it's \"hostile\" $.x'); DROP TABLE r1; --", "nul\0name", "ключ", ""];
        return [.. fields.SelectMany(field => Enum.GetValues<QueryOperator>().Select(comparison => (field, comparison)))];
    }

    [Theory]
    [MemberData(nameof(FieldsAndOperators))]
    public async Task Clause_ComparesByType_WhateverIsCompared(string field, QueryOperator comparison)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var name = JsonSerializer.Serialize(field);
        var writes = Values.Select(value => New($"{{{name}:{value}}}")).Append(New("{}")).ToList();
        await repository.CommitAsync([.. writes.Select(write => write.Write)]);

        foreach (var value in Values)
        {
            var found = await repository.IdsAsync(Where(field, comparison, value));

            var expected = writes.Zip([.. Values, null]).Where(pair => ComparisonOracle.Holds(pair.Second, comparison, value));
            Assert.Equal(expected.Select(pair => pair.First.Id), found);
        }
    }

    [Fact]
    public async Task Clauses_AreJoinedByAnd()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("""{"a":1,"b":1}""");
        var both = await repository.CreateAsync("""{"a":1,"b":2}""");

        var found = await repository.IdsAsync(Where("a", QueryOperator.Equal, "1"), Where("b", QueryOperator.Greater, "1"));

        Assert.Equal([both], found);
    }

    [Fact]
    public async Task Clause_FindsByTheServersFields()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var id = await repository.CreateAsync("{}", "first", "own");
        await repository.CreateAsync("{}", "second", "own");

        var byId = await repository.IdsAsync(Where("id", QueryOperator.Equal, $"\"{id}\""));
        var byAccount = await repository.IdsAsync(Where("accountId", QueryOperator.NotEqual, "\"second\""));
        var byOwner = await repository.IdsAsync(Where("ownerId", QueryOperator.Equal, "\"own\""));

        Assert.Equal([id], byId);
        Assert.Equal([id], byAccount);
        Assert.Empty(byOwner);
    }

    [Fact]
    public async Task Clause_IsRefused_WhenItCannotBeCompared()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");
        var many = $"[{string.Join(',', Enumerable.Range(0, DocumentLimits.MaxClauseElements + 1))}]";

        var malformed = await repository.CountAsync(
            DocumentScope.All, Where("a", QueryOperator.Equal, "1"), Where("b", QueryOperator.Equal, "{"));
        var deep = await repository.CountAsync(DocumentScope.All, Where("a", QueryOperator.Equal, new string('[', 70) + new string(']', 70)));
        var elements = await repository.CountAsync(DocumentScope.All, Where("a", QueryOperator.In, many));
        var clauses = await repository.CountAsync(
            DocumentScope.All, [.. Enumerable.Repeat(Where("a", QueryOperator.Equal, "1"), DocumentLimits.MaxClauses + 1)]);

        Assert.Equal(RealtimeError.BadRequest("the 2 query clause's value is not valid JSON"), malformed.Error);
        Assert.Equal([400, 400, 400], new[] { deep, elements, clauses }.Select(result => result.Error?.Status));
    }

    [Fact]
    public async Task Clauses_ReachTheirBounds_WithoutAnError()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("""{"a":999}""");
        var many = $"[{string.Join(',', Enumerable.Range(0, DocumentLimits.MaxClauseElements))}]";

        var count = await repository.CountAsync(
            DocumentScope.All, [.. Enumerable.Repeat(Where("a", QueryOperator.In, many), DocumentLimits.MaxClauses)]);

        Assert.Equal(1, count.Value);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Pages_HoldEveryDocumentOnce_InOrderOfCreation(bool descending)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var ids = new List<string>();
        for (var i = 0; i < 23; i++)
        {
            ids.Add(await repository.CreateAsync("{}", i % 2 == 0 ? "acc" : "other"));
        }

        var mine = ids.Where((_, i) => i % 2 == 0).ToList();
        var found = new List<string>();
        for (var page = 1; page <= 4; page++)
        {
            var result = (await repository.QueryAsync(DocumentScope.OfAccount("acc"), page, 5, descending)).Value!;
            Assert.Equal(12, result.Total);
            found.AddRange(Ids(result));
        }

        Assert.Equal(descending ? Enumerable.Reverse(mine) : mine, found);
    }

    [Theory]
    [InlineData("n")]
    [InlineData("any name")]
    public async Task Pages_AreSortedByAField_AndThenByCreation(string field)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        string[] inOrder = ["null", "-1", "2", "2", "10", "\"10\"", "\"9\"", "\"a\""];
        var created = new List<(string Id, int Rank)>();
        foreach (var rank in new[] { 5, 2, 0, 7, 3, 1, 6, 4 })
        {
            created.Add((await repository.CreateAsync($$"""{"{{field}}":{{inOrder[rank]}}}"""), rank));
        }

        var ascending = new List<string>();
        var descending = new List<string>();
        for (var page = 1; page <= 3; page++)
        {
            ascending.AddRange(Ids((await repository.QueryAsync(DocumentScope.All, page, 3, false, field)).Value!));
            descending.AddRange(Ids((await repository.QueryAsync(DocumentScope.All, page, 3, true, field)).Value!));
        }

        var expected = created.OrderBy(document => document.Rank).Select(document => document.Id).ToList();
        Assert.Equal(expected, ascending);
        Assert.Equal(Enumerable.Reverse(expected), descending);
    }

    [Fact]
    public async Task Scope_BoundsEveryRead()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var mine = await repository.CreateAsync("""{"a":1}""", "acc", "me");
        var colleagues = await repository.CreateAsync("""{"a":1}""", "acc", "colleague");
        await repository.CreateAsync("""{"a":1}""", "other", "stranger");
        var clause = Where("a", QueryOperator.Equal, "1");

        var account = await repository.QueryAsync(DocumentScope.OfAccount("acc"), clauses: clause);
        var owner = await repository.CountAsync(DocumentScope.OfOwner("me"), clause);

        Assert.Equal([mine, colleagues], Ids(account.Value!));
        Assert.Equal(1, owner.Value);
        Assert.Null(await repository.GetAsync(mine, DocumentScope.OfOwner("colleague")));
        Assert.NotNull(await repository.GetAsync(mine, DocumentScope.OfOwner("me")));
    }

    [Fact]
    public async Task Index_ChangesNoAnswer_AndIsMadeOnce()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var one = await repository.CreateAsync("""{"Field":1}""");
        await repository.CreateAsync("""{"Field":true}""");
        await repository.CreateAsync("""{"field":1}""");

        var made = new[] { await repository.CreateIndexAsync("Field"), await repository.CreateIndexAsync("Field"), await repository.CreateIndexAsync("field") };

        Assert.Equal([null, null, null], made);
        Assert.Equal([one], await repository.IdsAsync(Where("Field", QueryOperator.Equal, "1")));
        Assert.Equal(400, (await repository.CreateIndexAsync("it's"))?.Status);
    }
}
