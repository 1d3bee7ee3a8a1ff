using Azure.Data.Tables;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>Grain state in a table with the settings as they are by default.</summary>
public sealed class AzureTableGrainStorageTests(Azurite azurite) : AzureTableStorageContract(azurite)
{
    protected override int LargeStateChars => 15 * 64 * 1024 - 100;

    [Fact]
    public async Task Row_HasTheOfficialKeysAndColumns_WhenWritten()
    {
        var grainId = GrainId.Create("test", @"a/b\c#d?e");
        var state = new GrainState<TestState>(new TestState(new string('x', 70_000), 1));

        await Storage.WriteStateAsync(@"name/of\a#state?", grainId, state);

        var row = await OnlyRowAsync();
        Assert.Equal("service_test_a_b_c_d_e", row.PartitionKey);
        Assert.Equal("name_of_a_state_", row.RowKey);
        Assert.Equal(row.ETag.ToString(), state.ETag);
        Assert.Equal(["Data", "Data1"], ColumnsOf(row));
        Assert.Equal(64 * 1024, row.GetBinary("Data").Length);
        Assert.Equal(BinarySerializer.Serialize(state.State).ToArray(), (byte[])[.. row.GetBinary("Data"), .. row.GetBinary("Data1")]);
    }

    [Fact]
    public async Task SanitisedNames_GiveTheStateBack_WhenReadAndCleared()
    {
        var grainId = GrainId.Create("test", @"a/b\c#d?e");
        var state = new GrainState<TestState>(new TestState("sanitised", 1));
        await Storage.WriteStateAsync("a/name", grainId, state);

        var read = new GrainState<TestState>();
        await Storage.ReadStateAsync("a/name", grainId, read);
        await Storage.ClearStateAsync("a/name", grainId, read);

        Assert.Equal("sanitised", state.State!.Text);
        Assert.False(read.RecordExists);
    }

    // Not wanted, but the format that existing data has: who takes names from outside encodes them first.
    [Fact]
    public async Task Names_ShareARow_WhenTheyDifferInSanitisedCharactersOnly()
    {
        await WriteNewAsync(Storage, GrainId.Create("test", "room/1"), "first");

        var read = await ReadAsync(Storage, GrainId.Create("test", "room_1"));

        Assert.Equal("first", read.State!.Text);
    }

    [Fact]
    public async Task Row_StaysEmpty_WhenCleared()
    {
        var grainId = NewGrainId();
        var state = await WriteNewAsync(Storage, grainId, new string('x', 70_000));

        await Storage.ClearStateAsync("state", grainId, state);

        var row = await OnlyRowAsync();
        Assert.Empty(ColumnsOf(row));
        Assert.Equal(row.ETag.ToString(), state.ETag);
        Assert.Equal(state.ETag, (await ReadAsync(Storage, grainId)).ETag);
    }

    [Fact]
    public async Task Row_LosesItsOtherColumns_WhenASmallerStateIsWritten()
    {
        var grainId = NewGrainId();
        var state = await WriteNewAsync(Storage, grainId, new string('x', 200_000));
        state.State = new TestState("small", 1);

        await Storage.WriteStateAsync("state", grainId, state);

        Assert.Equal(["Data"], ColumnsOf(await OnlyRowAsync()));
        Assert.Equal("small", (await ReadAsync(Storage, grainId)).State!.Text);
    }

    [Fact]
    public async Task Write_IsRefusedWithASentence_WhenTheStateIsTooLarge()
    {
        var state = new GrainState<TestState>(new TestState(new string('x', 15 * 64 * 1024), 1));

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => Storage.WriteStateAsync("state", NewGrainId(), state));

        Assert.Matches("^State 'state' takes 9830\\d\\d bytes, but a row holds at most 983040 bytes: keep it in blobs", refusal.Message);
        Assert.False(state.RecordExists);
    }

    [Theory]
    [InlineData("line\nbreak", "A key in an Azure table mustn't hold control characters.")]
    [InlineData(null, "A key in an Azure table must be shorter than 1024 characters, but one of ")]
    public async Task Key_IsRefusedWithASentence_WhenAzureTakesNone(string? key, string expected)
    {
        var grainId = GrainId.Create("test", key ?? new string('x', 1024));

        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(Storage, grainId));

        Assert.StartsWith(expected, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Services_AreIndependent_WhenTheyShareATable()
    {
        var grainId = NewGrainId();
        await WriteNewAsync(Storage, grainId, "ours");

        var read = await ReadAsync(New(serviceId: "other"), grainId);

        Assert.False(read.RecordExists);
    }

    private protected override void Configure(AzureTableStorageOptions options)
    {
    }

    private static string[] ColumnsOf(TableEntity row) =>
        [.. row.Keys.Where(key => key.Contains("Data", StringComparison.Ordinal) && !key.StartsWith("odata", StringComparison.Ordinal)).Order(StringComparer.Ordinal)];
}
