using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Time.Testing;
using Realtime.Documents;
using Realtime.Tests.Contracts;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>Creates rely on what their store knows of a repository, and notice when others have changed it.</summary>
public sealed class PostgresKnownRepositoryTests(PostgresTestDatabase database) : IClassFixture<PostgresTestDatabase>, IAsyncLifetime
{
    private readonly string _name = "db-" + Identifiers.NewId();
    private PostgresStoreHarness _store = null!;
    private PostgresStoreHarness _otherStore = null!;

    private RepositoryDriver Here => new(_store, _name, "tasks");

    private RepositoryDriver There => new(_otherStore, _name, "tasks");

    public ValueTask InitializeAsync()
    {
        _store = new PostgresStoreHarness(database.ConnectionString);
        _otherStore = new PostgresStoreHarness(database.ConnectionString);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        await _otherStore.DisposeAsync();
    }

    [Fact]
    public async Task Creates_TakeOneRoundTrip_WhenTheLastCommitWasOfTheSameStore()
    {
        var id = await Here.CreateAsync("{}");
        Assert.Equal(1, await CountRoundTripsAsync(() => Here.CommitAsync(New("{}").Write, New("{}").Write)));

        // What others may have made of a document has to be read.
        Assert.Equal(2, await CountRoundTripsAsync(() => Here.WriteAsync(new UpdateDocument(id, Everything, Utf8("{}")))));
        Assert.Equal(1, await CountRoundTripsAsync(() => Here.WriteAsync(New("{}").Write)));

        Assert.Equal([1, 2, 3, 4, 5], (await Here.ChangesAsync(0)).Changes.Select(static change => change.Position));
        Assert.Equal(4, (await Here.CountAsync(DocumentScope.All)).Value);
    }

    [Fact]
    public async Task Outbox_IsDatedByTheTimeThatHasPassed_WhileNobodyAsksTheDatabase()
    {
        // What it keeps goes by these dates.
        var time = new FakeTimeProvider();
        await using var store = new PostgresStoreHarness(database.ConnectionString, time: time);
        var repository = new RepositoryDriver(store, _name, "tasks");
        await repository.CreateAsync("{}");
        var begin = await ReadAsync();

        for (var i = 0; i < 5; i++)
        {
            time.Advance(TimeSpan.FromSeconds(1));
            await repository.CreateAsync("{}");
        }

        Assert.Equal(begin + 5000, await ReadAsync());

        async Task<long> ReadAsync() => (long)(await database.QueryAsync(
            $"SELECT outbox_written FROM realtime.repositories WHERE database = '{_name}'")).Single();
    }

    [Fact]
    public async Task Create_FollowsOnWhatAnotherStoreHasWritten()
    {
        await Here.CreateAsync("{}");
        await There.CreateAsync("{}");
        await Here.CreateAsync("{}");
        await There.CreateAsync("{}");

        Assert.Equal(4, await Here.PositionAsync());
        Assert.Equal([1, 2, 3, 4], (await There.ChangesAsync(0)).Changes.Select(static change => change.Position));
    }

    [Fact]
    public async Task Create_IsFoundByAnIndex_ThatAnotherStoreHasMadeMeanwhile()
    {
        await Here.CreateAsync("""{"n":2}""");
        Assert.Null(await There.CreateIndexAsync("n"));
        var least = await Here.CreateAsync("""{"n":1}""");
        var greatest = await Here.CreateAsync("""{"n":3}""");

        Assert.Equal([least], await There.IdsAsync(Where("n", QueryOperator.Equal, "1")));
        Assert.Equal([greatest], await There.IdsAsync(Where("n", QueryOperator.Equal, "3")));
    }

    [Fact]
    public async Task Create_BeginsAnew_WhenAnotherStoreHasDeletedTheDatabase()
    {
        await Here.CreateAsync("{}");
        await _otherStore.Store.DeleteDatabaseAsync(_name, TestContext.Current.CancellationToken);
        var id = await Here.CreateAsync("{}");

        Assert.Equal(1, await Here.PositionAsync());
        Assert.Equal([id], await There.IdsAsync());
    }

    [Fact]
    public async Task Create_IsAnsweredAsRepeated_WhenItsIdIsTaken_AndWhatCameWithItIsWritten()
    {
        var (id, create) = New("{}");
        await Here.WriteAsync(create);

        var results = await Here.CommitAsync(New("{}").Write, create);

        Assert.Equal([2], results[0].Changes.Select(static change => change.Position));
        Assert.Equal(1, results[1].Repeated.Documents);
        Assert.Equal(2, await Here.PositionAsync());
        Assert.NotNull(await Here.GetAsync(id));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Create_IsDoneOnce_WhenTheConnectionIsLostAtTheCommit(bool beforeServer)
    {
        await using var proxy = new CuttingProxy(await database.Server.SocketAsync());
        await using var harness = new PostgresStoreHarness(
            $"{database.ConnectionString};Host=127.0.0.1;Port={proxy.Port};SSL Mode=Disable");
        var repository = new RepositoryDriver(harness, _name, "tasks");
        await repository.CreateAsync("{}");

        proxy.CutNextCommit(beforeServer);
        var result = await repository.WriteAsync(New("{}").Write);

        Assert.Equal([2], result.Changes.Select(static change => change.Position));
        await repository.CreateAsync("{}");
        Assert.Equal([1, 2, 3], (await Here.ChangesAsync(0)).Changes.Select(static change => change.Position));
    }

    /// <summary>What PostgreSQL was asked at once counts once.</summary>
    private static async Task<int> CountRoundTripsAsync(Func<Task> work)
    {
        using var parent = new Activity("test");
        parent.Start();
        var trace = parent.TraceId;
        var asked = new ConcurrentQueue<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == "Npgsql",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = activity =>
            {
                if (activity.TraceId == trace)
                {
                    asked.Enqueue(activity);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        await work();
        return asked.Count;
    }
}
