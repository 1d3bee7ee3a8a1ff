using System.Text;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>Grain state as text in a table whose rows are deleted on clear.</summary>
public sealed class AzureTableTextStorageTests(Azurite azurite) : AzureTableStorageContract(azurite)
{
    protected override int LargeStateChars => 15 * 32 * 1024 - 100;

    // The other class has shown it for the same requests; the emulator is slow.
    protected override int ParallelGrains => 10;

    [Fact]
    public async Task Row_IsReadable_WhenWritten()
    {
        await WriteNewAsync(Storage, NewGrainId(), "Grüße");

        var row = await OnlyRowAsync();

        Assert.Equal("""{"Text":"Grüße","Number":1}""", row.GetString("StringData"));
        Assert.False(row.ContainsKey("Data"));
    }

    [Fact]
    public async Task Row_IsDeleted_WhenCleared()
    {
        var grainId = NewGrainId();
        var state = await WriteNewAsync(Storage, grainId, "first");

        await Storage.ClearStateAsync("state", grainId, state);

        Assert.Null(state.ETag);
        Assert.Empty(await Table.QueryAsync<Azure.Data.Tables.TableEntity>(cancellationToken: TestContext.Current.CancellationToken).ToListAsync());
    }

    [Fact]
    public async Task Clear_IsRefused_WhenTheRowIsGone()
    {
        var grainId = NewGrainId();
        var stale = await WriteNewAsync(Storage, grainId, "first");
        await Storage.ClearStateAsync("state", grainId, await ReadAsync(Storage, grainId));

        await Assert.ThrowsAsync<Orleans.Storage.InconsistentStateException>(() => Storage.ClearStateAsync("state", grainId, stale));
    }

    [Theory]
    [InlineData("")]
    [InlineData("x")]
    public async Task SurrogatePairs_StayWhole_WhenAColumnEndsBetween(string shift)
    {
        // One of the two shifts puts every column's end into the middle of a pair.
        var text = shift + string.Concat(Enumerable.Repeat("🚀", 50_000));
        var storage = New(options => options.GrainStorageSerializer = new PlainTextSerializer());
        var grainId = NewGrainId();
        await WriteNewAsync(storage, grainId, text);

        var read = await ReadAsync(storage, grainId);

        Assert.Equal(text, read.State!.Text);
    }

    [Fact]
    public async Task Write_IsRefusedWithASentence_WhenTheTextIsTooLong()
    {
        var state = new GrainState<TestState>(new TestState(new string('x', 15 * 32 * 1024), 1));

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Storage.WriteStateAsync("state", NewGrainId(), state));

        Assert.Matches("^State 'state' takes 4915\\d\\d characters, but a row holds at most 491520 characters", refusal.Message);
    }

    [Fact]
    public async Task Write_IsRefusedWithASentence_WhenTheSerializerMakesNoText()
    {
        var storage = New(options => options.GrainStorageSerializer = new ByteSerializer());
        var state = new GrainState<TestState>(new TestState("x", 1));

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => storage.WriteStateAsync("state", NewGrainId(), state));

        Assert.Equal("State 'state' isn't text: UseStringFormat needs a serializer that makes text, such as JSON.", refusal.Message);
    }

    [Fact]
    public async Task OtherFormat_IsRead_WhenTheSettingHasChanged()
    {
        var grainId = NewGrainId();
        var asBytes = New(options => options.UseStringFormat = false);
        var state = await WriteNewAsync(asBytes, grainId, "bytes");
        Assert.Equal("""{"Text":"bytes","Number":1}""", Encoding.UTF8.GetString((await OnlyRowAsync()).GetBinary("Data")));

        var read = await ReadAsync(Storage, grainId);
        await Storage.WriteStateAsync("state", grainId, read);

        Assert.Equal(state.State, read.State);
        Assert.Equal(state.State, (await ReadAsync(asBytes, grainId)).State);
        Assert.False((await OnlyRowAsync()).ContainsKey("Data"));
    }

    private protected override void Configure(AzureTableStorageOptions options)
    {
        options.UseStringFormat = true;
        options.DeleteStateOnClear = true;
        options.GrainStorageSerializer = new JsonTestSerializer();
    }

    // JSON writers escape pairs, whatever they are told.
    private sealed class PlainTextSerializer : Orleans.Storage.IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new(((TestState)(object)input!).Text);

        public T Deserialize<T>(BinaryData input) => (T)(object)new TestState(input.ToString(), 1);
    }

    private sealed class ByteSerializer : Orleans.Storage.IGrainStorageSerializer
    {
        public BinaryData Serialize<T>(T? input) => new(new byte[] { 0xC3 });

        public T Deserialize<T>(BinaryData input) => throw new NotSupportedException();
    }
}
