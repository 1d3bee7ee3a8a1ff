using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Realtime.Providers.AzureStorage;

/// <summary>Grain state in Azure blobs, one for each state, without the bound of a table's row.</summary>
internal sealed class AzureBlobGrainStorage(string provider, AzureBlobStorageOptions options, IActivatorProvider activators)
    : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly BlobContainerClient _container = options.CreateContainerClient();

    public static AzureBlobGrainStorage Create(IServiceProvider services, string provider) => new(
        provider,
        services.GetRequiredService<IOptionsMonitor<AzureBlobStorageOptions>>().Get(provider),
        services.GetRequiredService<IActivatorProvider>());

    // Below the grains in the lifecycle: ready before the first of them reads.
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        $"{nameof(AzureBlobGrainStorage)}.{provider}", ServiceLifecycleStage.RuntimeStorageServices, OpenAsync);

    /// <summary>Creates the container where it doesn't exist.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task OpenAsync(CancellationToken cancellationToken) => _container.CreateIfNotExistsAsync(cancellationToken: cancellationToken);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        BlobDownloadResult? found;
        try
        {
            found = await BlobOf(stateName, grainId).DownloadContentAsync(cancellationToken);
        }
        catch (RequestFailedException exception) when (exception.Status == 404)
        {
            found = null;
        }

        var state = found is { Content: { IsEmpty: false } content } ? options.GrainStorageSerializer.Deserialize<T>(content) : default;
        grainState.State = state ?? NewState<T>();
        grainState.RecordExists = state is not null;

        // A cleared blob keeps its ETag: the next write has to replace it.
        grainState.ETag = found?.Details.ETag.ToString()!;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var state = options.GrainStorageSerializer.Serialize(grainState.State);
        grainState.ETag = await PutAsync(BlobOf(stateName, grainId), state, grainState.ETag, cancellationToken);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var blob = BlobOf(stateName, grainId);
        if (options.DeleteStateOnClear)
        {
            await DeleteAsync(blob, grainState.ETag, cancellationToken);
            grainState.ETag = null!;
        }
        else
        {
            grainState.ETag = await PutAsync(blob, BinaryData.Empty, grainState.ETag, cancellationToken);
        }

        grainState.RecordExists = false;
        grainState.State = NewState<T>();
    }

    private static async Task DeleteAsync(BlobClient blob, string? eTag, CancellationToken cancellationToken)
    {
        if (string.IsNullOrEmpty(eTag))
        {
            // Not "delete unless it exists", as Orleans asks for: the emulator then deletes what exists.
            if (await blob.ExistsAsync(cancellationToken))
            {
                throw Conflict(blob, eTag);
            }

            return;
        }

        try
        {
            await blob.DeleteIfExistsAsync(DeleteSnapshotsOption.None, Unchanged(eTag), cancellationToken);
        }
        catch (RequestFailedException exception) when (IsConflict(exception))
        {
            throw Conflict(blob, eTag, exception);
        }
    }

    private static BlobRequestConditions Unchanged(string? eTag) => string.IsNullOrEmpty(eTag)
        ? new BlobRequestConditions { IfNoneMatch = ETag.All }
        : new BlobRequestConditions { IfMatch = new ETag(eTag) };

    private static bool IsConflict(RequestFailedException exception) =>
        exception.Status is 409 or 412 || (exception.Status == 404 && !IsContainerMissing(exception));

    private static bool IsContainerMissing(RequestFailedException exception) => exception.ErrorCode == BlobErrorCode.ContainerNotFound;

    private static InconsistentStateException Conflict(BlobClient blob, string? eTag, Exception? exception = null) =>
        new($"State '{blob.Name}' isn't at ETag {eTag ?? "none"}: it was changed elsewhere.", "unknown", eTag ?? "none", exception!);

    private async Task<string> PutAsync(BlobClient blob, BinaryData state, string? eTag, CancellationToken cancellationToken)
    {
        var upload = new BlobUploadOptions
        {
            HttpHeaders = new BlobHttpHeaders { ContentType = "application/octet-stream" },
            Conditions = Unchanged(eTag),
        };
        try
        {
            try
            {
                return (await blob.UploadAsync(state, upload, cancellationToken)).Value.ETag.ToString();
            }
            catch (RequestFailedException exception) when (IsContainerMissing(exception))
            {
                // Someone deleted the container of a running silo; its states are gone, but new ones can be kept.
                await OpenAsync(cancellationToken);
                return (await blob.UploadAsync(state, upload, cancellationToken)).Value.ETag.ToString();
            }
        }
        catch (RequestFailedException exception) when (IsConflict(exception))
        {
            throw Conflict(blob, eTag, exception);
        }
    }

    private BlobClient BlobOf(string stateName, GrainId grainId) => _container.GetBlobClient(BlobName.From(stateName, grainId));

    private T NewState<T>() => activators.GetActivator<T>().Create();
}
