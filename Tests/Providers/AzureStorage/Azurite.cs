using Azure.Core;
using Azure.Data.Tables;
using Azure.Storage.Blobs;
using Realtime.Tests.Infrastructure;
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
    public async Task<TableServiceClient> TablesAsync() => new((await StartedAsync()).ConnectionString, Bounded(new TableClientOptions()));

    /// <summary>A client of its blobs.</summary>
    public async Task<BlobServiceClient> BlobsAsync() => new((await StartedAsync()).ConnectionString, Bounded(new BlobClientOptions()));

    /// <summary>A name for a table or a container that no other test uses.</summary>
    public static string NewName() => $"t{Guid.NewGuid():N}";

    /// <summary>Has a call fail in a time that a test can wait for; the SDK's own bound is of minutes.</summary>
    /// <param name="options">Options of a client.</param>
    public static TOptions Bounded<TOptions>(TOptions options)
        where TOptions : ClientOptions
    {
        options.Retry.NetworkTimeout = Eventually.Bound;
        options.Retry.MaxRetries = 1;
        return options;
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is { IsValueCreated: true, Value.IsCompletedSuccessfully: true })
        {
            await (await _process.Value).DisposeAsync();
        }
    }
}
