using Orleans.Storage;

namespace Realtime.Tests.Providers;

/// <summary>What every grain storage of ours promises; run once per implementation.</summary>
public abstract class GrainStorageContract
{
    private const string StateName = "state";

    [Fact]
    public async Task Read_GivesAnEmptyState_WhenNothingWasWritten()
    {
        var storage = await StorageAsync();
        var state = new GrainState<TestState> { State = null!, ETag = "left over", RecordExists = true };

        await storage.ReadStateAsync(StateName, NewGrainId(), state);

        Assert.NotNull(state.State);
        Assert.Null(state.ETag);
        Assert.False(state.RecordExists);
    }

    [Fact]
    public async Task Read_GivesWhatWasWritten_WhenARecordExists()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var written = await WriteNewAsync(storage, grainId, "first", number: 42);

        var read = await ReadAsync(storage, grainId);

        Assert.Equal(written.State, read.State);
        Assert.Equal(written.ETag, read.ETag);
        Assert.True(read.RecordExists);
        Assert.True(written.RecordExists);
    }

    [Theory]
    [InlineData("Grüße, 世界, שלום, 🚀")]
    [InlineData("")]
    [InlineData("line\nbreak\0nul ' \" ; --")]
    public async Task Text_SurvivesUnchanged_WhenInStateKeyAndName(string text)
    {
        var storage = await StorageAsync();
        var grainId = GrainId.Create("test", Guid.NewGuid().ToString("N") + InKey(text));
        var written = new GrainState<TestState>(new TestState(text, 1));
        await storage.WriteStateAsync("name" + InKey(text), grainId, written);

        var read = new GrainState<TestState>();
        await storage.ReadStateAsync("name" + InKey(text), grainId, read);

        Assert.Equal(text, read.State!.Text);
    }

    [Fact]
    public async Task LargeState_SurvivesUnchanged_WhenWithinTheStoragesBound()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var text = string.Concat(Enumerable.Range(0, 128 * 1024).Select(number => (char)('a' + number % 26))).PadRight(LargeStateChars, 'x');
        await WriteNewAsync(storage, grainId, text);

        var read = await ReadAsync(storage, grainId);

        Assert.Equal(text, read.State!.Text);
    }

    [Fact]
    public async Task ETag_Changes_WhenTheSameValueIsWrittenAgain()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var state = await WriteNewAsync(storage, grainId, "same");
        var eTags = new HashSet<string> { state.ETag! };

        for (var write = 0; write < 5; write++)
        {
            await storage.WriteStateAsync(StateName, grainId, state);
            Assert.True(eTags.Add(state.ETag!), "An ETag came back.");
        }

        Assert.Equal(state.ETag, (await ReadAsync(storage, grainId)).ETag);
    }

    [Fact]
    public async Task Insert_IsRefused_WhenARecordExists()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var first = await WriteNewAsync(storage, grainId, "first");
        var second = new GrainState<TestState>(new TestState("second", 2));

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync(StateName, grainId, second));

        Assert.Equal(first.State, (await ReadAsync(storage, grainId)).State);
    }

    [Fact]
    public async Task Write_IsRefused_WhenItsETagIsStale()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var stale = await WriteNewAsync(storage, grainId, "first");
        var current = await ReadAsync(storage, grainId);
        current.State = new TestState("second", 2);
        await storage.WriteStateAsync(StateName, grainId, current);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync(StateName, grainId, stale));

        Assert.Equal(current.State, (await ReadAsync(storage, grainId)).State);
    }

    [Fact]
    public async Task Write_IsRefused_WhenItsRecordWasCleared()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var stale = await WriteNewAsync(storage, grainId, "first");
        await storage.ClearStateAsync(StateName, grainId, await ReadAsync(storage, grainId));

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync(StateName, grainId, stale));

        Assert.False((await ReadAsync(storage, grainId)).RecordExists);
    }

    [Fact]
    public async Task Write_IsRefused_WhenItsRecordWasClearedAndWrittenAnew()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var stale = await WriteNewAsync(storage, grainId, "first");
        var other = await ReadAsync(storage, grainId);
        await storage.ClearStateAsync(StateName, grainId, other);
        other.State = new TestState("anew", 1);
        await storage.WriteStateAsync(StateName, grainId, other);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.WriteStateAsync(StateName, grainId, stale));

        Assert.Equal("anew", (await ReadAsync(storage, grainId)).State!.Text);
    }

    [Fact]
    public async Task Clear_IsRefused_WhenItsETagIsStale()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var stale = await WriteNewAsync(storage, grainId, "first");
        var current = await ReadAsync(storage, grainId);
        await storage.WriteStateAsync(StateName, grainId, current);

        await Assert.ThrowsAsync<InconsistentStateException>(() => storage.ClearStateAsync(StateName, grainId, stale));

        Assert.True((await ReadAsync(storage, grainId)).RecordExists);
    }

    [Fact]
    public async Task Clear_LeavesAnEmptyState_WhenARecordExisted()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var state = await WriteNewAsync(storage, grainId, "first");

        await storage.ClearStateAsync(StateName, grainId, state);

        Assert.False(state.RecordExists);
        Assert.NotNull(state.State);
        Assert.NotEqual("first", state.State!.Text);
        Assert.False((await ReadAsync(storage, grainId)).RecordExists);
    }

    [Fact]
    public async Task Clear_IsNoConflict_WhenRepeatedAndFollowedByAWrite()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var state = new GrainState<TestState>(new TestState("never written", 0));

        await storage.ClearStateAsync(StateName, grainId, state);
        await storage.ClearStateAsync(StateName, grainId, state);
        state.State = new TestState("first", 1);
        await storage.WriteStateAsync(StateName, grainId, state);
        await storage.ClearStateAsync(StateName, grainId, state);
        await storage.ClearStateAsync(StateName, grainId, state);
        state.State = new TestState("second", 2);
        await storage.WriteStateAsync(StateName, grainId, state);

        Assert.Equal("second", (await ReadAsync(storage, grainId)).State!.Text);
    }

    [Fact]
    public async Task States_AreIndependent_WhenTheirNamesDiffer()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();
        var one = new GrainState<TestState>(new TestState("one", 1));
        var two = new GrainState<TestState>(new TestState("two", 2));
        await storage.WriteStateAsync("one", grainId, one);
        await storage.WriteStateAsync("two", grainId, two);

        await storage.ClearStateAsync("one", grainId, one);
        await storage.ReadStateAsync("two", grainId, two);

        Assert.Equal("two", two.State!.Text);
    }

    [Fact]
    public async Task ParallelWriters_LoseNoWrite_WhenTheyRetryOnConflict()
    {
        const int writers = 10;
        var storage = await StorageAsync();
        var grainIds = Enumerable.Range(0, ParallelGrains).Select(_ => NewGrainId()).ToList();

        await Task.WhenAll(grainIds.SelectMany(grainId => Enumerable.Range(0, writers).Select(_ => IncrementAsync(storage, grainId))));

        foreach (var grainId in grainIds)
        {
            Assert.Equal(writers, (await ReadAsync(storage, grainId)).State!.Number);
        }
    }

    [Fact]
    public async Task OneInsert_Wins_WhenManyRace()
    {
        var storage = await StorageAsync();
        var grainId = NewGrainId();

        var outcomes = await Task.WhenAll(Enumerable.Range(0, 20).Select(async number =>
        {
            try
            {
                await WriteNewAsync(storage, grainId, "raced", number);
                return (int?)number;
            }
            catch (InconsistentStateException)
            {
                return null;
            }
        }));

        Assert.Equal((await ReadAsync(storage, grainId)).State!.Number, Assert.Single(outcomes, outcome => outcome is not null));
    }

    /// <summary>How many grains ten writers each compete for.</summary>
    protected virtual int ParallelGrains => 100;

    /// <summary>Length of a text that the storage can still keep, in ASCII characters; a mebibyte where there is no bound.</summary>
    protected virtual int LargeStateChars => 1024 * 1024;

    /// <summary>The part of a text that keys and names of states may hold; everything, where there is no rule.</summary>
    protected virtual string InKey(string text) => text;

    /// <summary>The storage under test, ready for use; the same for all calls of one test.</summary>
    protected abstract ValueTask<IGrainStorage> StorageAsync();

    protected static GrainId NewGrainId() => GrainId.Create("test", Guid.NewGuid().ToString("N"));

    protected static async Task<GrainState<TestState>> ReadAsync(IGrainStorage storage, GrainId grainId)
    {
        var state = new GrainState<TestState>();
        await storage.ReadStateAsync(StateName, grainId, state);
        return state;
    }

    protected static async Task<GrainState<TestState>> WriteNewAsync(IGrainStorage storage, GrainId grainId, string text, int number = 1)
    {
        var state = new GrainState<TestState>(new TestState(text, number));
        await storage.WriteStateAsync(StateName, grainId, state);
        return state;
    }

    private static async Task IncrementAsync(IGrainStorage storage, GrainId grainId)
    {
        while (true)
        {
            var state = await ReadAsync(storage, grainId);
            state.State = new TestState("counted", state.State!.Number + 1);
            try
            {
                await storage.WriteStateAsync(StateName, grainId, state);
                return;
            }
            catch (InconsistentStateException)
            {
                // Another writer was faster: read its value and try again.
            }
        }
    }

    [GenerateSerializer, Immutable, Alias("Realtime.Tests.Providers.GrainStorageContract.TestState")]
    public sealed record TestState(string Text, int Number)
    {
        public TestState()
            : this("", 0)
        {
        }
    }
}
