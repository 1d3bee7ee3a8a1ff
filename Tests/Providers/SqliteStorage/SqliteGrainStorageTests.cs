using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using Realtime.Providers.SqliteStorage;

namespace Realtime.Tests.Providers.SqliteStorage;

public sealed class SqliteGrainStorageTests : GrainStorageContract, IAsyncLifetime
{
    private readonly string _folder = Path.Combine(Path.GetTempPath(), "realtime-tests", Guid.NewGuid().ToString("N"));
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly SqliteGrainStorage _storage;

    public SqliteGrainStorageTests() => _storage = New();

    public async ValueTask InitializeAsync() => await _storage.OpenAsync(TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        await _storage.DisposeAsync();
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task AcknowledgedWrites_AreThere_WhenTheFileIsOpenedAgain()
    {
        var grainId = NewGrainId();
        var written = await WriteNewAsync(_storage, grainId, "kept");
        await _storage.DisposeAsync();
        await using var reopened = New();
        await reopened.OpenAsync(TestContext.Current.CancellationToken);

        var read = await ReadAsync(reopened, grainId);

        Assert.Equal(written.State, read.State);
        Assert.Equal(written.ETag, read.ETag);
    }

    [Fact]
    public async Task Services_AreIndependent_WhenTheyShareAFile()
    {
        var grainId = NewGrainId();
        await WriteNewAsync(_storage, grainId, "ours");
        await using var other = New(serviceId: "other");
        await other.OpenAsync(TestContext.Current.CancellationToken);

        var read = await ReadAsync(other, grainId);

        Assert.False(read.RecordExists);
    }

    [Fact]
    public async Task WaitingWrites_AreCommitted_WhenTheStorageCloses()
    {
        var grainIds = Enumerable.Range(0, 50).Select(_ => NewGrainId()).ToList();
        var writes = grainIds.Select(grainId => WriteNewAsync(_storage, grainId, "last")).ToList();
        await _storage.DisposeAsync();
        await Task.WhenAll(writes);
        await using var reopened = New();
        await reopened.OpenAsync(TestContext.Current.CancellationToken);

        var read = await Task.WhenAll(grainIds.Select(grainId => ReadAsync(reopened, grainId)));

        Assert.All(read, state => Assert.Equal("last", state.State!.Text));
    }

    [Fact]
    public async Task Write_IsRefused_WhenItsETagIsOfAnotherMake()
    {
        var grainId = NewGrainId();
        var state = await WriteNewAsync(_storage, grainId, "first");
        state.ETag = "W/\"azure\"";

        await Assert.ThrowsAsync<InconsistentStateException>(() => _storage.WriteStateAsync("state", grainId, state));
    }

    [Fact]
    public async Task Use_IsRefused_WhenTheStorageIsClosed()
    {
        await _storage.DisposeAsync();

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(() => ReadAsync(_storage, NewGrainId()));

        Assert.Equal("SQLite grain storage 'test' isn't open: it opens and closes with its silo.", refusal.Message);
    }

    protected override ValueTask<IGrainStorage> StorageAsync() => ValueTask.FromResult<IGrainStorage>(_storage);

    private SqliteGrainStorage New(string serviceId = "service") => new(
        "test",
        new SqliteGrainStorageOptions
        {
            DataSource = Path.Combine(_folder, "new", "grains.db"),
            GrainStorageSerializer = new OrleansGrainStorageSerializer(_services.GetRequiredService<Serializer>()),
        },
        Options.Create(new ClusterOptions { ServiceId = serviceId }),
        _services.GetRequiredService<IActivatorProvider>(),
        TimeProvider.System);
}
