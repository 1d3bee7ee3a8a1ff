using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Contracts;

/// <summary>What every <see cref="IDocumentStore"/> tells of past changes, and what it does with a repeated create.</summary>
public abstract class DocumentOutboxContract
{
    /// <summary>Makes a harness.</summary>
    /// <param name="configure">Changes the bounds.</param>
    protected abstract DocumentStoreHarness CreateHarness(Action<DocumentOptions>? configure = null);

    [Fact]
    public async Task Changes_AreThoseOfTheWrites_InOrder()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var other = repository.Named("other");
        await other.CreateAsync("{}");
        var (id, create) = New("""{"n":1}""", "A", "a");
        var (_, second) = New("""{"n":2}""", "B", "b");

        var results = await repository.CommitAsync(
            create,
            second,
            new UpdateDocument("unknown", Everything, Utf8("{}")),
            new UpdateDocument(id, Everything, Utf8("""{"n":3}""")),
            new IncrementField(id, Everything, "n", Utf8("1")));
        var deletion = await repository.WriteAsync(new DeleteDocument(id, Everything));

        var expected = results.SelectMany(result => result.Changes).Concat(deletion.Changes).ToList();
        Assert.Equal(expected.Select(Describe), (await repository.ChangesAsync(0)).Changes.Select(Describe));
        Assert.Equal(["3 Updated A a", "4 Updated A a", "5 Deleted A a"], expected[2..].Select(change => Describe(change)[..^Text(change.Json).Length].TrimEnd()));
    }

    [Theory]
    [InlineData(0, "1 2 3 4")]
    [InlineData(1, "2 3 4")]
    [InlineData(3, "4")]
    [InlineData(4, "")]
    public async Task Changes_AreThoseAfterAPosition_AlsoWithinATransaction(long after, string positions)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        await repository.CommitAsync(New("{}").Write, New("{}").Write, New("{}").Write);
        await repository.CreateAsync("{}");

        var history = await repository.ChangesAsync(after);

        Assert.True(history.IsContinuous);
        Assert.Equal(positions, string.Join(' ', history.Changes.Select(change => change.Position)));
        Assert.Equal((4, 4), (history.Position, history.UpTo));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, false)]
    public async Task Changes_OfWhatIsntThere_AreNoneAndNoMore(long after, bool isContinuous)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();

        var unknown = await repository.ChangesAsync(after);
        await repository.Named("other").CreateAsync("{}");
        var missing = await repository.ChangesAsync(after);

        Assert.All([unknown, missing], history => Assert.Equal((isContinuous, true, 0), (history.IsContinuous, history.Changes.IsEmpty, history.Position)));
    }

    [Fact]
    public async Task Changes_SurviveTheStore()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");
        await repository.CreateAsync("{}");

        await harness.ReopenAsync();

        Assert.Equal([1, 2], (await repository.ChangesAsync(0)).Changes.Select(change => change.Position));
    }

    [Fact]
    public async Task Changes_ComeInPages_WhenTheyAreMany()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var document = $$"""{"a":"{{new string('x', 300_000)}}"}""";
        for (var i = 0; i < 3; i++)
        {
            await repository.CommitAsync(New(document).Write, New(document).Write, New(document).Write);
        }

        var (pages, after) = (0, 0L);
        while (after < 9)
        {
            var page = await repository.ChangesAsync(after, 700_000);
            Assert.Equal(after + 1, page.Changes[0].Position);
            Assert.InRange(page.Changes.Sum(change => change.Json.Length), 300_000, 1_800_000);
            (pages, after) = (pages + 1, page.UpTo);
        }

        Assert.InRange(pages, 3, 9);
    }

    [Fact]
    public async Task OldChanges_AreDropped_AndTheGapIsTold()
    {
        await using var harness = CreateHarness(options => (options.OutboxChanges, options.OutboxGrace) = (80, TimeSpan.Zero));
        var repository = harness.Repository();

        for (var i = 0; i < 300; i++)
        {
            await repository.CreateAsync("{}");
        }

        Assert.False((await repository.ChangesAsync(0)).IsContinuous);
        Assert.False((await repository.ChangesAsync(190)).IsContinuous);
        Assert.Equal(80, (await repository.ChangesAsync(220)).Changes.Length);
    }

    [Fact]
    public async Task LargeChanges_AreDropped_WhenTheirBytesAreTooMany()
    {
        await using var harness = CreateHarness(options => (options.OutboxBytes, options.OutboxGrace) = (100_000, TimeSpan.Zero));
        var repository = harness.Repository();
        var document = $$"""{"a":"{{new string('x', 10_000)}}"}""";

        for (var i = 0; i < 30; i++)
        {
            await repository.CreateAsync(document);
        }

        Assert.False((await repository.ChangesAsync(15)).IsContinuous);
        Assert.True((await repository.ChangesAsync(22)).IsContinuous);
    }

    [Fact]
    public async Task OldChanges_AreDropped_WhenTheirTimeIsOver()
    {
        await using var harness = CreateHarness(options => (options.OutboxAge, options.OutboxGrace) = (TimeSpan.FromMilliseconds(50), TimeSpan.Zero));
        var repository = harness.Repository();
        await repository.CreateAsync("{}");

        await Infrastructure.Eventually.TrueAsync(
            async () =>
            {
                await repository.CreateAsync("{}");
                return !(await repository.ChangesAsync(0)).IsContinuous;
            },
            "the first change to be dropped");

        var position = await repository.PositionAsync();
        Assert.True((await repository.ChangesAsync(position - 1)).IsContinuous);
    }

    [Fact]
    public async Task YoungChanges_AreKept_WhateverTheirNumber_UpToTheLastBound()
    {
        await using var harness = CreateHarness(options => (options.OutboxChanges, options.OutboxBytes, options.MaxOutboxBytes) = (10, 1000, 100_000));
        var repository = harness.Repository();

        for (var i = 0; i < 100; i++)
        {
            await repository.CreateAsync("{}");
        }

        Assert.Equal(100, (await repository.ChangesAsync(0)).Changes.Length);
        await repository.CreateAsync($$"""{"a":"{{new string('x', 100_000)}}"}""");
        Assert.False((await repository.ChangesAsync(0)).IsContinuous);
        Assert.Single((await repository.ChangesAsync(100)).Changes);
    }

    [Fact]
    public async Task Changes_GoWithTheirDatabase()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        await repository.CreateAsync("{}");

        await harness.Store.DeleteDatabaseAsync(repository.Database, TestContext.Current.CancellationToken);
        await repository.CreateAsync("{}");
        await repository.CreateAsync("{}");

        Assert.Equal(2, (await repository.ChangesAsync(0)).Changes.Length);
        Assert.False((await repository.ChangesAsync(3)).IsContinuous);
    }

    [Fact]
    public async Task RepeatedCreate_IsNoSecondWrite()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var (id, create) = New("""{"n":1}""");
        await repository.WriteAsync(create);
        await repository.WriteAsync(new UpdateDocument(id, Everything, Utf8("""{"n":2}""")));

        var results = await repository.CommitAsync(New("{}").Write, create, New("{}").Write);

        Assert.Equal([1, 0, 1], results.Select(result => result.Changes.Length));
        Assert.Null(results[1].Error);
        Assert.Equal((await repository.GetAsync(id), 1), (Text(results[1].Repeated.First), results[1].Repeated.Documents));
        Assert.Equal((3, 4), ((await repository.CountAsync(DocumentScope.All)).Value, await repository.PositionAsync()));
    }

    [Fact]
    public async Task RepeatedCreate_IsNoSecondWrite_InOneTransaction()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var (_, create) = New("{}");

        var results = await repository.CommitAsync(create, create);

        Assert.Equal([1, 0], results.Select(result => result.Changes.Length));
        Assert.Equal((1, 1), (results[1].Repeated.Documents, await repository.PositionAsync()));
    }

    [Fact]
    public async Task RepeatedBulkCreate_IsNoSecondWrite_EvenIfADocumentIsGone()
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var create = new CreateDocuments("acc", "own", [.. Enumerable.Range(0, 3).Select(_ => New("{}").Write.Documents[0])]);
        await repository.WriteAsync(create);
        await repository.WriteAsync(new DeleteDocument(create.Documents[0].Id, Everything));

        var result = await repository.WriteAsync(create);

        Assert.Equal((null, true, 3), (result.Error, result.Changes.IsEmpty, result.Repeated.Documents));
        Assert.Equal((2, 4), ((await repository.CountAsync(DocumentScope.All)).Value, await repository.PositionAsync()));
    }

    [Theory]
    [InlineData("acc", "other")]
    [InlineData("other", "own")]
    public async Task Create_IsRefused_WhenItsIdIsSomebodyElses(string account, string owner)
    {
        await using var harness = CreateHarness();
        var repository = harness.Repository();
        var (id, create) = New("{}");
        await repository.WriteAsync(create);

        var refused = await repository.WriteAsync(create with { AccountId = account, OwnerId = owner });
        var twice = await repository.WriteAsync(new CreateDocuments("acc", "own", [.. Enumerable.Repeat(New("{}").Write.Documents[0], 2)]));

        Assert.All([refused, twice], result => Assert.Equal(RealtimeError.TemporarilyUnavailable, result.Error));
        Assert.Equal(1, await repository.PositionAsync());
        Assert.NotNull(await repository.GetAsync(id));
    }

    private static string Describe(WrittenDocument change) =>
        $"{change.Position} {change.Kind} {change.AccountId} {change.OwnerId} {Text(change.Json)}";
}
