using Azure.Data.Tables;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization;
using Orleans.Serialization.Serializers;
using Orleans.Storage;
using Realtime.Providers.AzureStorage;

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>What grain state in a table promises with any settings; each test has a table of its own.</summary>
public abstract class AzureTableStorageContract(Azurite azurite) : GrainStorageContract, IAsyncLifetime
{
    private readonly ServiceProvider _services = new ServiceCollection().AddSerializer().BuildServiceProvider();
    private readonly string _tableName = Azurite.NewName();
    private TableServiceClient? _tables;
    private AzureTableGrainStorage? _storage;

    protected TableClient Table => _tables!.GetTableClient(_tableName);

    protected IGrainStorageSerializer BinarySerializer => new OrleansGrainStorageSerializer(_services.GetRequiredService<Serializer>());

    private protected AzureTableGrainStorage Storage => _storage!;

    public async ValueTask InitializeAsync()
    {
        _tables = await azurite.TablesAsync();
        _storage = New();
        await _storage.OpenAsync(TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected override ValueTask<IGrainStorage> StorageAsync() => ValueTask.FromResult<IGrainStorage>(Storage);

    // Azure's keys hold none.
    protected override string InKey(string text) => string.Concat(text.Where(character => !char.IsControl(character)));

    private protected abstract void Configure(AzureTableStorageOptions options);

    /// <summary>A provider on the test's table with the settings of the class.</summary>
    private protected AzureTableGrainStorage New(Action<AzureTableStorageOptions>? configure = null, string serviceId = "service")
    {
        var options = new AzureTableStorageOptions { TableServiceClient = _tables, TableName = _tableName, GrainStorageSerializer = BinarySerializer };
        Configure(options);
        configure?.Invoke(options);
        return new AzureTableGrainStorage(
            "test",
            options,
            Options.Create(new ClusterOptions { ServiceId = serviceId }),
            _services.GetRequiredService<IActivatorProvider>());
    }

    /// <summary>The only row of the test's table.</summary>
    protected async Task<TableEntity> OnlyRowAsync() =>
        Assert.Single(await Table.QueryAsync<TableEntity>(cancellationToken: TestContext.Current.CancellationToken).ToListAsync());
}
