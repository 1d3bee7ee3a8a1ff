using System.Collections.Concurrent;
using Orleans.Storage;

namespace Realtime.Tests.Infrastructure;

/// <summary>Grain state that several silos of this process share and that outlives each of them.</summary>
internal sealed class SurvivingGrainStorage
{
    private readonly ConcurrentDictionary<(string Name, GrainId Grain), Row> _rows = new();

    /// <summary>The storage as one silo uses it.</summary>
    /// <param name="services">The silo's services.</param>
    public IGrainStorage Open(IServiceProvider services) => new Storage(_rows, services.GetRequiredService<IGrainStorageSerializer>());

    private sealed record Row(BinaryData Data, string ETag);

    private sealed class Storage(ConcurrentDictionary<(string, GrainId), Row> rows, IGrainStorageSerializer serializer) : IGrainStorage
    {
        public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            (grainState.RecordExists, grainState.ETag, grainState.State) = rows.TryGetValue((stateName, grainId), out var row)
                ? (true, row.ETag, serializer.Deserialize<T>(row.Data))
                : (false, null, Activator.CreateInstance<T>());
            return Task.CompletedTask;
        }

        public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            var row = new Row(serializer.Serialize(grainState.State), Identifiers.NewId());
            var isWritten = grainState.ETag is { } tag
                ? rows.TryGetValue((stateName, grainId), out var former) && former.ETag == tag && rows.TryUpdate((stateName, grainId), row, former)
                : rows.TryAdd((stateName, grainId), row);
            (grainState.RecordExists, grainState.ETag) = isWritten ? (true, row.ETag) : throw new InconsistentStateException("Another has written.");
            return Task.CompletedTask;
        }

        public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState)
        {
            rows.TryRemove((stateName, grainId), out _);
            (grainState.RecordExists, grainState.ETag, grainState.State) = (false, null, Activator.CreateInstance<T>());
            return Task.CompletedTask;
        }
    }
}
