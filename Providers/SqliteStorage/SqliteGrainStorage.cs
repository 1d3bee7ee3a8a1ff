using System.Globalization;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Orleans.Serialization.Serializers;
using Orleans.Storage;

namespace Realtime.Providers.SqliteStorage;

/// <summary>Grain state in one SQLite file, for a single silo.</summary>
/// <remarks>A state's ETag is its row's version. SQLite has no asynchronous calls, so none is made on the grain scheduler.</remarks>
internal sealed class SqliteGrainStorage(
    string provider,
    SqliteGrainStorageOptions options,
    IOptions<ClusterOptions> cluster,
    IActivatorProvider activators,
    TimeProvider timeProvider) : IGrainStorage, ILifecycleParticipant<ISiloLifecycle>, IAsyncDisposable
{
    private readonly string _connectionString = new SqliteConnectionStringBuilder
    {
        DataSource = options.DataSource,
        Mode = SqliteOpenMode.ReadWriteCreate,
        Pooling = true,
    }.ToString();

    private readonly SemaphoreSlim _readers = new(options.MaxConcurrentReads);
    private StateWriter? _writer;

    private StateWriter Writer => _writer ?? throw new InvalidOperationException($"SQLite grain storage '{provider}' isn't open: it opens and closes with its silo.");

    public static SqliteGrainStorage Create(IServiceProvider services, string provider) => new(
        provider,
        services.GetRequiredService<IOptionsMonitor<SqliteGrainStorageOptions>>().Get(provider),
        services.GetRequiredService<IOptions<ClusterOptions>>(),
        services.GetRequiredService<IActivatorProvider>(),
        services.GetService<TimeProvider>() ?? TimeProvider.System);

    // Below the grains in the lifecycle: open before the first of them reads, closed after the last has written.
    public void Participate(ISiloLifecycle lifecycle) => lifecycle.Subscribe(
        $"{nameof(SqliteGrainStorage)}.{provider}", ServiceLifecycleStage.RuntimeStorageServices, OpenAsync, _ => DisposeAsync().AsTask());

    /// <summary>Creates the folder, the file and the table where they don't exist, and starts to accept writes.</summary>
    /// <param name="cancellationToken">Stops waiting; what was begun is finished.</param>
    public async Task OpenAsync(CancellationToken cancellationToken) => _writer = await Task.Run(Open, cancellationToken);

    public Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ReadStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ReadStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        _ = Writer;
        var key = KeyOf(stateName, grainId);
        StateRow? row;
        await _readers.WaitAsync(cancellationToken);
        try
        {
            row = await Task.Run(() => Read(key), cancellationToken);
        }
        finally
        {
            _readers.Release();
        }

        if (row is null)
        {
            SetMissing(grainState);
            return;
        }

        grainState.State = options.GrainStorageSerializer.Deserialize<T>(new BinaryData(row.Payload))!;
        grainState.ETag = ETagOf(row.Version);
        grainState.RecordExists = true;
    }

    public Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        WriteStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task WriteStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        var payload = options.GrainStorageSerializer.Serialize(grainState.State).ToArray();
        var version = await Writer.WriteAsync(new StateChange(KeyOf(stateName, grainId), VersionOf(grainState.ETag), payload), cancellationToken);
        grainState.ETag = ETagOf(version!.Value);
        grainState.RecordExists = true;
    }

    public Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState) =>
        ClearStateAsync(stateName, grainId, grainState, CancellationToken.None);

    public async Task ClearStateAsync<T>(string stateName, GrainId grainId, IGrainState<T> grainState, CancellationToken cancellationToken)
    {
        await Writer.WriteAsync(new StateChange(KeyOf(stateName, grainId), VersionOf(grainState.ETag), payload: null), cancellationToken);
        SetMissing(grainState);
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _writer, null) is { } writer)
        {
            await writer.DisposeAsync();

            // Pooled connections keep the file open; without them it can be moved or deleted.
            using var connection = new SqliteConnection(_connectionString);
            SqliteConnection.ClearPool(connection);
        }
    }

    private static string ETagOf(long version) => version.ToString(CultureInfo.InvariantCulture);

    // No row has a negative version, so an ETag of another make is refused like any stale one.
    private static long? VersionOf(string? eTag) => string.IsNullOrEmpty(eTag)
        ? null
        : long.TryParse(eTag, NumberStyles.None, CultureInfo.InvariantCulture, out var version) ? version : -1;

    private StateWriter Open()
    {
        if (Path.GetDirectoryName(Path.GetFullPath(options.DataSource)) is { } folder)
        {
            Directory.CreateDirectory(folder);
        }

        var connection = OpenConnection();
        try
        {
            GrainStateTable.Create(connection);
            GrainStateTable.MakeCommitsDurable(connection);
            return new StateWriter(connection, options.MaxWritesPerCommit, timeProvider);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private StateRow? Read(StateKey key)
    {
        using var connection = OpenConnection();
        return GrainStateTable.Read(connection, key);
    }

    private SqliteConnection OpenConnection()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    private StateKey KeyOf(string stateName, GrainId grainId) => new(cluster.Value.ServiceId, grainId.ToString(), stateName);

    private void SetMissing<T>(IGrainState<T> grainState)
    {
        grainState.State = activators.GetActivator<T>().Create();
        grainState.ETag = null!;
        grainState.RecordExists = false;
    }
}
