using Azure;
using Azure.Data.Tables;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Realtime.Providers.AzureStorage;

/// <summary>Grain state in an Azure table, a row for each state.</summary>
internal sealed class AzureTableGrainStorage(
    string provider,
    AzureTableStorageOptions options,
    IOptions<ClusterOptions> cluster,
    IActivatorProvider activators) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>
{
    private readonly TableClient _table = options.CreateTableClient();

    public static AzureTableGrainStorage Create(IServiceProvider services, string provider) => new(
        provider,
        services.GetRequiredService<IOptionsMonitor<AzureTableStorageOptions>>().Get(provider),
        services.GetRequiredService<IOptions<ClusterOptions>>(),
        services.GetRequiredService<IActivatorProvider>());

    // Below the grains in the lifecycle: ready before the first of them reads.
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        $"{nameof(AzureTableGrainStorage)}.{provider}", ServiceLifecycleStage.RuntimeStorageServices, OpenAsync);

    /// <summary>Creates the table where it doesn't exist.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task OpenAsync(CancellationToken cancellationToken) => _table.CreateIfNotExistsAsync(cancellationToken);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var key = NewRow(stateName, grainId);
        var found = await _table.GetEntityIfExistsAsync<TableEntity>(key.PartitionKey, key.RowKey, cancellationToken: cancellationToken);
        var row = found.HasValue ? found.Value : null;
        var state = row is not null && StateColumns.Read(row) is { } bytes ? options.GrainStorageSerializer.Deserialize<T>(bytes) : default;
        grainState.State = state ?? NewState<T>();
        grainState.RecordExists = state is not null;

        // A cleared row keeps its ETag: the next write has to replace it.
        grainState.ETag = row?.ETag.ToString()!;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var row = NewRow(stateName, grainId);
        var state = options.GrainStorageSerializer.Serialize(grainState.State).ToMemory();
        if (options.UseStringFormat)
        {
            StateColumns.WriteText(row, state);
        }
        else
        {
            StateColumns.WriteBytes(row, state);
        }

        grainState.ETag = await PutAsync(row, grainState.ETag, cancellationToken);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var row = NewRow(stateName, grainId);
        if (!options.DeleteStateOnClear)
        {
            grainState.ETag = await PutAsync(row, grainState.ETag, cancellationToken);
        }
        else if (!string.IsNullOrEmpty(grainState.ETag))
        {
            await DeleteAsync(row, grainState.ETag, cancellationToken);
            grainState.ETag = null!;
        }

        grainState.RecordExists = false;
        grainState.State = NewState<T>();
    }

    private static InconsistentStateException Conflict(TableEntity row, string? eTag, Exception? exception = null) => new(
        $"State '{row.RowKey}' of '{row.PartitionKey}' isn't at ETag {eTag ?? "none"}: it was changed elsewhere.", "unknown", eTag ?? "none", exception!);

    private async Task<string> PutAsync(TableEntity row, string? eTag, CancellationToken cancellationToken)
    {
        try
        {
            var response = string.IsNullOrEmpty(eTag)
                ? await _table.AddEntityAsync(row, cancellationToken)
                : await _table.UpdateEntityAsync(row, new ETag(eTag), TableUpdateMode.Replace, cancellationToken);
            return response.Headers.ETag!.Value.ToString();
        }
        catch (RequestFailedException exception) when (exception.Status is 404 or 409 or 412)
        {
            throw Conflict(row, eTag, exception);
        }
    }

    private async Task DeleteAsync(TableEntity row, string eTag, CancellationToken cancellationToken)
    {
        try
        {
            var response = await _table.DeleteEntityAsync(row.PartitionKey, row.RowKey, new ETag(eTag), cancellationToken);
            if (response.Status == 404)
            {
                // The client takes a missing row for success; here it was deleted by someone else.
                throw Conflict(row, eTag);
            }
        }
        catch (RequestFailedException exception) when (exception.Status is 404 or 409 or 412)
        {
            throw Conflict(row, eTag, exception);
        }
    }

    private TableEntity NewRow(string stateName, GrainId grainId) =>
        new(TableKey.From($"{cluster.Value.ServiceId}_{grainId}"), TableKey.From(stateName));

    private T NewState<T>() => activators.GetActivator<T>().Create();
}
