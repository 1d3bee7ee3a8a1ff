using Realtime.Documents;
using Realtime.Tests.Contracts;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>One order of changes, whoever commits and whatever becomes of a connection.</summary>
public sealed class PostgresCommitTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>
{
    [Fact]
    public async Task Positions_HaveNoGap_WhenTwoStoresCommitToOneRepository()
    {
        await using var first = new PostgresStoreHarness(database.ConnectionString);
        await using var second = new PostgresStoreHarness(database.ConnectionString);
        var name = "db-" + Identifiers.NewId();
        RepositoryDriver[] repositories = [new(first, name, "tasks"), new(second, name, "tasks")];

        var batches = await Task.WhenAll(Enumerable.Range(0, 8).Select(async writer =>
        {
            var positions = new List<long[]>();
            for (var i = 0; i < 20; i++)
            {
                var results = await repositories[writer % 2].CommitAsync(
                    New("{}").Write, new UpdateDocument("unknown", Everything, Utf8("{}")), New("{}").Write);
                positions.Add([.. results.SelectMany(result => result.Changes).Select(change => change.Position)]);
            }

            return positions;
        }));

        var all = batches.SelectMany(batch => batch).ToList();
        Assert.All(all, positions => Assert.Equal(positions[0] + 1, positions[1]));
        Assert.Equal(Enumerable.Range(1, 320).Select(n => (long)n), all.SelectMany(positions => positions).Order());
        Assert.Equal(320, await repositories[0].PositionAsync());
        Assert.Equal(320, (await repositories[1].CountAsync(DocumentScope.All)).Value);
        Assert.Equal(16L, (await database.QueryAsync(
            $"SELECT array_length(batches, 1)::bigint FROM realtime.repositories WHERE database = '{name}'")).Single());
    }

    [Fact]
    public async Task Increments_AreNotLost_WhenTwoStoresMakeThem()
    {
        await using var first = new PostgresStoreHarness(database.ConnectionString);
        await using var second = new PostgresStoreHarness(database.ConnectionString);
        var name = "db-" + Identifiers.NewId();
        RepositoryDriver[] repositories = [new(first, name, "tasks"), new(second, name, "tasks")];
        var id = await repositories[0].CreateAsync("""{"n":0}""");

        await Task.WhenAll(Enumerable.Range(0, 100).Select(i =>
            repositories[i % 2].WriteAsync(new IncrementField(id, Everything, "n", Utf8("1")))));

        Assert.EndsWith("\"n\":100}", await repositories[0].GetAsync(id), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(false, true)]
    [InlineData(true, false)]
    [InlineData(true, true)]
    public async Task Writes_AreDoneOnce_WhenTheConnectionIsLostAtTheCommit(bool isNewRepository, bool beforeServer)
    {
        await using var proxy = new CuttingProxy(await database.Server.SocketAsync());
        await using var harness = new PostgresStoreHarness(
            $"{database.ConnectionString};Host=127.0.0.1;Port={proxy.Port};SSL Mode=Disable");
        var repository = harness.Repository();
        await (isNewRepository ? (Task)repository.PositionAsync() : repository.CreateAsync("{}"));
        var before = await repository.PositionAsync();
        var (id, create) = New("""{"n":0}""");

        proxy.CutNextCommit(beforeServer);
        var results = await repository.CommitAsync(create, new IncrementField(id, Everything, "n", Utf8("1")));

        Assert.Equal([before + 1, before + 2], results.SelectMany(result => result.Changes).Select(change => change.Position));
        Assert.EndsWith("\"n\":1}", await repository.GetAsync(id), StringComparison.Ordinal);
        Assert.Equal(before + 2, await repository.PositionAsync());
    }

    [Fact]
    public async Task Calls_EndInTime_WhenTheServerStandsStill()
    {
        await using var proxy = new CuttingProxy(await database.Server.SocketAsync());
        await using var harness = new PostgresStoreHarness(
            $"{database.ConnectionString};Host=127.0.0.1;Port={proxy.Port};SSL Mode=Disable",
            options => options.FilterTimeLimit = TimeSpan.FromSeconds(1),
            options => options.CommitTimeLimit = TimeSpan.FromSeconds(2));
        await using var direct = new PostgresStoreHarness(database.ConnectionString);
        var name = "db-" + Identifiers.NewId();
        await new RepositoryDriver(direct, name, "tasks").CreateAsync("{}");
        var repository = new RepositoryDriver(harness, name, "tasks");
        await repository.PositionAsync();

        proxy.Freeze();
        var calls = new Task[] { repository.CreateAsync("{}"), repository.GetAsync("x"), repository.PositionAsync() };
        var errors = await Task.WhenAll(calls.Select(call => Assert.ThrowsAsync<TimeoutException>(
            () => call.WaitAsync(Infrastructure.Eventually.Bound, TestContext.Current.CancellationToken))));
        proxy.Thaw();

        Assert.All(errors, error => Assert.StartsWith("PostgreSQL didn't", error.Message, StringComparison.Ordinal));
        await Infrastructure.Eventually.TrueAsync(
            async () => (await repository.WriteAsync(New("{}").Write)).Error is null, "the next write");
    }

    [Fact]
    public async Task Commit_GoesOn_WhenWhoeverAskedHasStoppedWaiting()
    {
        await using var harness = new PostgresStoreHarness(database.ConnectionString);
        var repository = harness.Repository();
        await repository.CreateAsync("{}");
        using var stopped = new CancellationTokenSource();
        await stopped.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() =>
            harness.Store.CommitAsync(repository.Database, "tasks", [New("{}").Write], stopped.Token));

        await Eventually(async () => await repository.PositionAsync() == 2);
    }

    private static Task Eventually(Func<Task<bool>> condition) =>
        Infrastructure.Eventually.TrueAsync(condition, "the commit that nobody waits for");
}
