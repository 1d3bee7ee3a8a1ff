using Realtime.Tests.Deployment;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;
using Realtime.Tests.Providers.AzureStorage;

namespace Realtime.Tests.Cluster;

/// <summary>
/// Silos and gateways as processes of their own, on an emulator of Azure Storage of their own and a fresh PostgreSQL
/// database. Whoever starts it disposes it.
/// </summary>
public sealed class ProcessCluster : IAsyncDisposable
{
    private readonly Dictionary<string, string> _settings;
    private readonly List<ServerProcess> _processes = [];
    private int _started;

    private ProcessCluster(
        AzuriteProcess azurite, string documents, string folder, ClusterPrograms programs, (string Key, string Value)[] settings)
    {
        Azurite = azurite;
        Programs = programs;
        Folder = folder;
        _settings = new Dictionary<string, string>
        {
            ["ASPNETCORE_ENVIRONMENT"] = "Production",
            [KnownSettings.IdleSpins] = "0",
            ["Realtime:Mode"] = "Silo",
            ["Realtime:Cluster:ClusterId"] = "tests",
            ["Realtime:Cluster:ServiceId"] = "tests",
            ["Realtime:Cluster:Storage:ConnectionString"] = azurite.ConnectionString,
            ["Realtime:Cluster:AdvertisedAddress"] = "127.0.0.1",
            ["Realtime:Documents:Store"] = "Postgres",
            ["Realtime:Documents:ConnectionString"] = documents,
            ["Realtime:OperatorKey"] = RealtimeBackend.OperatorKey,
            ["Realtime:SigningKeys:0:Id"] = "test",
            ["Realtime:SigningKeys:0:Secret"] = GatewayProcess.SigningSecret,
            ["Realtime:Passwords:WorkFactor"] = "4",
            ["Realtime:Plans:test"] = "100000",
            ["Realtime:Limits:LoginsPerMinute"] = "0",
            ["Realtime:Limits:StreamsPerMinute"] = "0",
        };
        foreach (var (key, value) in settings)
        {
            _settings[key] = value;
        }
    }

    /// <summary>The emulator.</summary>
    public AzuriteProcess Azurite { get; }

    /// <summary>What is started.</summary>
    public ClusterPrograms Programs { get; }

    /// <summary>Where the processes run and write their logs; deleted at the end unless the test keeps it.</summary>
    public string Folder { get; }

    /// <summary>Whether <see cref="Folder"/> stays, for who wants to read the logs.</summary>
    public bool KeepsLogs { get; set; }

    /// <summary>All silos that were started.</summary>
    public List<ServerProcess> Silos { get; } = [];

    /// <summary>All gateways that were started.</summary>
    public List<ServerProcess> Gateways { get; } = [];

    /// <summary>Starts storage, and then silos and gateways at once; returns when all are ready.</summary>
    /// <param name="postgres">The server that gets a fresh database.</param>
    /// <param name="silos">Number of silos.</param>
    /// <param name="gateways">Number of gateways.</param>
    /// <param name="settings">Settings of all processes over those of the tests.</param>
    public static Task<ProcessCluster> StartAsync(
        PostgresServer postgres, int silos, int gateways, params (string Key, string Value)[] settings) =>
        StartAsync(postgres, silos, gateways, ClusterPrograms.OfThisBuild, settings);

    /// <summary>The same with programs of another build.</summary>
    /// <param name="postgres">The server that gets a fresh database.</param>
    /// <param name="silos">Number of silos.</param>
    /// <param name="gateways">Number of gateways.</param>
    /// <param name="programs">What is started.</param>
    /// <param name="settings">Settings of all processes over those of the tests.</param>
    public static async Task<ProcessCluster> StartAsync(
        PostgresServer postgres, int silos, int gateways, ClusterPrograms programs, params (string Key, string Value)[] settings)
    {
        var azurite = await AzuriteProcess.StartAsync();
        var folder = Directory.CreateTempSubdirectory("realtime-cluster-").FullName;
        var cluster = new ProcessCluster(azurite, await CreateDatabaseAsync(postgres), folder, programs, settings);
        try
        {
            for (var i = 0; i < silos; i++)
            {
                cluster.StartSilo();
            }

            for (var i = 0; i < gateways; i++)
            {
                cluster.StartGateway();
            }

            await Task.WhenAll(cluster._processes.Select(static process => process.ReadyAsync()));
            return cluster;
        }
        catch
        {
            cluster.KeepsLogs = true;
            await cluster.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a further silo; it isn't ready yet.</summary>
    /// <param name="settings">Its own settings.</param>
    public ServerProcess StartSilo(params (string Key, string Value)[] settings) =>
        Start("silo", Programs.Silo, Silos, [
            ("Realtime:Cluster:SiloPort", $"{FreePorts.Next()}"), ("Realtime:Cluster:GatewayPort", $"{FreePorts.Next()}"), .. settings]);

    /// <summary>Starts a further gateway; it isn't ready yet.</summary>
    /// <param name="settings">Its own settings.</param>
    public ServerProcess StartGateway(params (string Key, string Value)[] settings) =>
        Start("gateway", Programs.Gateway, Gateways, settings);

    /// <summary>A gateway as the tests' clients use it; the caller disposes it.</summary>
    /// <param name="index">Index in <see cref="Gateways"/>.</param>
    public GatewayProcess Connect(int index) => GatewayProcess.At(Gateways[index].Address);

    /// <summary>Kills what still runs.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }

        await Azurite.DisposeAsync();
        if (!KeepsLogs)
        {
            Directory.Delete(Folder, recursive: true);
        }
    }

    private static async Task<string> CreateDatabaseAsync(PostgresServer postgres)
    {
        var database = new PostgresTestDatabase(postgres);
        await database.InitializeAsync();
        return database.ConnectionString;
    }

    private ServerProcess Start(string kind, string assembly, List<ServerProcess> list, (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>(_settings);
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var address = new Uri($"http://127.0.0.1:{FreePorts.Next()}");
        var process = ServerProcess.Start($"{kind}-{++_started}", assembly, address, all, Folder);
        _processes.Add(process);
        list.Add(process);
        return process;
    }
}
