using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>Which reads an index serves, read from SQLite's own plans.</summary>
public sealed class SqliteIndexTests
{
    [Theory]
    [InlineData(QueryOperator.Equal, "1", "(<expr>=?)")]
    [InlineData(QueryOperator.Equal, "\"a\"", "(<expr>=?)")]
    [InlineData(QueryOperator.Equal, "null", "(<expr>=?)")]
    [InlineData(QueryOperator.Greater, "1", "(<expr>>?)")]
    [InlineData(QueryOperator.LessOrEqual, "\"a\"", "(<expr><?)")]
    public async Task Filter_UsesTheIndex_OfItsField(QueryOperator comparison, string value, string range)
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("""{"my-Field_1":1}""");
        await repository.CreateIndexAsync("my-Field_1");

        var plan = new QueryPlans(harness.PathOf(repository.Database)).OfCount(DocumentScope.All, Where("my-Field_1", comparison, value));

        Assert.Contains("INDEX r1_field_my-^Field_1 " + range, plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Sorting_UsesTheIndex_OfItsField()
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();
        await repository.CreateIndexAsync("n");

        var plan = new QueryPlans(harness.PathOf(repository.Database)).OfPage(DocumentScope.All, "n");

        Assert.Contains("USING INDEX r1_field_n", plan, StringComparison.Ordinal);
        Assert.DoesNotContain("TEMP B-TREE", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Id_IsFoundByItsIndex_WhenItIsAFilter()
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");

        var plan = new QueryPlans(harness.PathOf(repository.Database)).OfPage(DocumentScope.All, null, Where("id", QueryOperator.Equal, "\"x\""));

        Assert.Contains("(id=?)", plan, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Chunks_FollowAnIndex_WithoutSorting()
    {
        await using var harness = new SqliteStoreHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");
        var plans = new QueryPlans(harness.PathOf(repository.Database));

        var all = plans.OfChunk(DocumentScope.All);
        var account = plans.OfChunk(DocumentScope.OfAccount("acc"));

        Assert.Equal("SEARCH r1 USING INTEGER PRIMARY KEY (rowid>?)", all);
        Assert.Equal("SEARCH r1 USING INDEX r1_account (account=? AND rowid>?)", account);
    }
}
