using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Realtime.Tests.Providers.AzureStorage;

[assembly: AssemblyFixture(typeof(Azurite))]

namespace Realtime.Tests.Providers.AzureStorage;

/// <summary>The emulator that all tests of a run share; started when the first of them asks for it.</summary>
public sealed class Azurite : IAsyncDisposable
{
    private readonly Lazy<Task<AzuriteProcess>> _process = new(() => AzuriteProcess.StartAsync());

    /// <summary>The running emulator.</summary>
    public Task<AzuriteProcess> StartedAsync() => _process.Value;

    /// <summary>A client of its tables.</summary>
    public async Task<TableServiceClient> TablesAsync() => new((await StartedAsync()).ConnectionString);

    /// <summary>A client of its blobs.</summary>
    public async Task<BlobServiceClient> BlobsAsync() => new((await StartedAsync()).ConnectionString);

    /// <summary>A name for a table or a container that no other test uses.</summary>
    public static string NewName() => $"t{Guid.NewGuid():N}";

    public async ValueTask DisposeAsync()
    {
        if (_process is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _process.Value).DisposeAsync();
        }
    }
}
