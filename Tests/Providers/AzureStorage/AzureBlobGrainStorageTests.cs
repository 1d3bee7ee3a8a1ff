using Azure.Storage.Blobs;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>Grain state in blobs; each test has a container of its own.</summary>
public sealed class AzureBlobGrainStorageTests(Azurite azurite) : GrainStorageContract, IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly string _containerName = Azurite.NewName();
    private BlobServiceClient? _blobs;
    private AzureBlobGrainStorage? _storage;

    protected override int LargeStateChars => 4 * 1024 * 1024;

    private AzureBlobGrainStorage Storage => _storage!;

    private BlobContainerClient Container => _blobs!.GetBlobContainerClient(_containerName);

    public async ValueTask InitializeAsync()
    {
        _blobs = await azurite.BlobsAsync();
        _storage = New();
        await _storage.OpenAsync(TestContext.Current.CancellationToken);
    }

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    [Fact]
    public async Task Blob_HasTheOfficialNameAndType_WhenWritten()
    {
        var grainId = GrainId.Create("test", "a/b#c?d%20e");
        var state = new GrainState<TestState>(new TestState("official", 1));

        await Storage.WriteStateAsync("name", grainId, state);

        var blob = Assert.Single(await Container.GetBlobsAsync(cancellationToken: TestContext.Current.CancellationToken).ToListAsync());
        Assert.Equal("name-test/a/b#c?d%20e.json", blob.Name);
        Assert.Equal("application/octet-stream", blob.Properties.ContentType);
        Assert.Equal("official", (await ReadAsync("name", grainId)).State!.Text);
    }

    [Fact]
    public async Task Blob_IsDeleted_WhenCleared()
    {
        var grainId = NewGrainId();
        var state = await WriteNewAsync(Storage, grainId, "first");

        await Storage.ClearStateAsync("state", grainId, state);

        Assert.Null(state.ETag);
        Assert.Empty(await Container.GetBlobsAsync(cancellationToken: TestContext.Current.CancellationToken).ToListAsync());
    }

    [Fact]
    public async Task Blob_StaysEmpty_WhenClearedWithoutDeletion()
    {
        var storage = New(options => options.DeleteStateOnClear = false);
        var grainId = NewGrainId();
        var state = await WriteNewAsync(storage, grainId, "first");

        await storage.ClearStateAsync("state", grainId, state);
        var read = await ReadAsync(storage, grainId);
        state.State = new TestState("second", 2);
        await storage.WriteStateAsync("state", grainId, state);

        Assert.False(read.RecordExists);
        Assert.NotNull(read.State);
        Assert.NotNull(read.ETag);
        Assert.Equal("second", (await ReadAsync(storage, grainId)).State!.Text);
    }

    [Fact]
    public async Task Clear_IsRefused_WhenARecordExistsThatWasNotRead()
    {
        var grainId = NewGrainId();
        await WriteNewAsync(Storage, grainId, "first");

        await Assert.ThrowsAsync<InconsistentStateException>(
            () => Storage.ClearStateAsync("state", grainId, new GrainState<TestState>(new TestState())));

        Assert.True((await ReadAsync(Storage, grainId)).RecordExists);
    }

    [Fact]
    public async Task Write_CreatesTheContainer_WhenItWasDeleted()
    {
        var grainId = NewGrainId();
        await Container.DeleteAsync(cancellationToken: TestContext.Current.CancellationToken);

        Assert.False((await ReadAsync(Storage, grainId)).RecordExists);
        await WriteNewAsync(Storage, grainId, "anew");

        Assert.Equal("anew", (await ReadAsync(Storage, grainId)).State!.Text);
    }

    [Theory]
    [InlineData("a/../../other/b", "No part of a blob's name between slashes may be '.' or '..'.")]
    [InlineData(@"a\..\b", "No part of a blob's name between slashes may be '.' or '..'.")]
    [InlineData("line\nbreak", "The name of a blob mustn't hold control characters.")]
    [InlineData(null, "The name of a blob must have at most 1024 characters, but one of 1040 was asked for.")]
    public async Task Name_IsRefusedWithASentence_WhenItWouldNameAnotherBlob(string? key, string expected)
    {
        var grainId = GrainId.Create("test", key ?? new string('x', 1024));

        var refusal = await Assert.ThrowsAsync<ArgumentException>(() => ReadAsync(Storage, grainId));

        Assert.StartsWith(expected, refusal.Message, StringComparison.Ordinal);
    }

    protected override ValueTask<IGrainStorage> StorageAsync() => ValueTask.FromResult<IGrainStorage>(Storage);

    // Azure's names hold none.
    protected override string InKey(string text) => string.Concat(text.Where(character => !char.IsControl(character)));

    private async Task<GrainState<TestState>> ReadAsync(string stateName, GrainId grainId)
    {
        var state = new GrainState<TestState>();
        await Storage.ReadStateAsync(stateName, grainId, state);
        return state;
    }

    private AzureBlobGrainStorage New(Action<AzureBlobStorageOptions>? configure = null)
    {
        var options = new AzureBlobStorageOptions
        {
            BlobServiceClient = _blobs,
            ContainerName = _containerName,
            GrainStorageSerializer = new OrleansGrainStorageSerializer(_services.GetRequiredService<Serializer>()),
        };
        configure?.Invoke(options);
        return new AzureBlobGrainStorage("test", options, _services.GetRequiredService<IActivatorProvider>());
    }
}
