using System.Collections.Concurrent;
using System.Collections.Immutable;
using Orleans.TestingHost;
using Realtime.Documents;
using Realtime.Gateways;
using Realtime.Telemetry;

namespace Realtime.Tests.Documents;

/// <summary>A silo with repositories on SQLite, whose inboxes and roster are the test's.</summary>
public sealed class RepositoryCluster : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("realtime-repositories-").FullName;
    private InProcessTestCluster? _cluster;

    internal RecordingInboxes Inboxes { get; } = new();

    internal SettableRoster Roster { get; } = new();

    public IGrainFactory Grains => _cluster!.Client;

    public InProcessTestCluster Cluster => _cluster!;

    /// <summary>The silo's store, for writes that pass by the grain.</summary>
    public IDocumentStore Store => _cluster!.Silos[0].ServiceProvider.GetRequiredService<IDocumentStore>();

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) => silo.Services
            .AddSingleton<GrainMetrics>()
            .AddSqliteDocumentStore(options =>
            {
                options.DataFolder = _folder;
                options.ChunkDocuments = 10;
                options.MemberCheckPeriod = TimeSpan.FromHours(1);
            })
            .AddSingleton<SqliteDocumentStore>()
            .AddSingleton(services => ForgetfulStore.Before(services.GetRequiredService<SqliteDocumentStore>()))
            .AddSingleton<IInboxPublisher>(Inboxes)
            .AddSingleton<IGatewayRoster>(Roster));
        _cluster = builder.Build();
        await _cluster.DeployAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _cluster!.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    /// <summary>Keeps what is sent to each gateway. Gateways called <c>broken…</c> throw.</summary>
    internal sealed class RecordingInboxes : IInboxPublisher
    {
        private readonly ConcurrentQueue<(string Gateway, DocumentChanges Event)> _events = new();

        public void Publish(string gateway, InboxEvent inboxEvent)
        {
            if (gateway.StartsWith("broken", StringComparison.Ordinal))
            {
                throw new InvalidOperationException("This gateway can't be reached.");
            }

            _events.Enqueue((gateway, (DocumentChanges)inboxEvent));
        }

        public List<DocumentChanges> EventsOf(string gateway) =>
            [.. _events.Where(sent => sent.Gateway == gateway).Select(sent => sent.Event)];

        public List<DocumentChange> ChangesOf(string gateway) => [.. EventsOf(gateway).SelectMany(sent => sent.Changes)];
    }

    /// <summary>All gateways live, except those that the test declares dead.</summary>
    internal sealed class SettableRoster : IGatewayRoster
    {
        private readonly ConcurrentDictionary<string, bool> _dead = new();

        public ImmutableArray<string> Live { get; set; } = [];

        public bool IsLive(string gateway, DateTimeOffset assertedAt) => !_dead.ContainsKey(gateway);

        public void Bury(string gateway) => _dead[gateway] = true;
    }
}

/// <summary>One repository with a name of its own database, and a few users of it.</summary>
internal sealed class RepositoryScene
{
    private readonly RepositoryCluster _cluster;
    private readonly Dictionary<string, long> _versions = [];

    public RepositoryScene(RepositoryCluster cluster, string name)
    {
        _cluster = cluster;
        Database = "db" + Identifiers.NewId();
        Key = RepositoryKey.Create(Database, name);
        Repository = cluster.Grains.GetGrain<IRepositoryGrain>(Key);
        (A, B, C, Root) = (User("a", "A"), User("b", "A"), User("c", "C"), User("root", "R", 100));
    }

    public string Database { get; }

    public string Key { get; }

    public IRepositoryGrain Repository { get; }

    /// <summary>A user of account A.</summary>
    public CallerIdentity A { get; }

    /// <summary>Another user of account A.</summary>
    public CallerIdentity B { get; }

    /// <summary>A user of account C.</summary>
    public CallerIdentity C { get; }

    /// <summary>A user with role 100.</summary>
    public CallerIdentity Root { get; }

    /// <summary>Makes a gateway a member for some audiences.</summary>
    public async Task<string> JoinAsync(string gateway, params Audience[] audiences)
    {
        var name = $"{gateway}-{Database}";
        var version = _versions[name] = _versions.GetValueOrDefault(name) + 1;
        var reply = await Repository.SetMembersAsync(
            new RepositoryMembership(name, version, IsWhole: true, audiences.Length, [.. audiences], []));
        Assert.False(reply.NeedsWhole);
        return name;
    }

    public async Task<string> CreateAsync(CallerIdentity caller, string json = "{}")
    {
        var created = await Repository.CreateAsync(caller, Identifiers.NewId(), Contracts.RepositoryDriver.Utf8(json));
        Assert.Null(created.Error);
        return Contracts.RepositoryDriver.Elements("["u8.ToArray().Concat(created.Value.ToArray()).Append((byte)']').ToArray())[0]
            .GetProperty("id").GetString()!;
    }

    /// <summary>The changes that a gateway got, as letters and positions: <c>C1 U2 D3</c>.</summary>
    public string Heard(string gateway) =>
        string.Join(' ', _cluster.Inboxes.ChangesOf(gateway).Select(change => $"{change.Kind.ToString()[0]}{change.Position}"));

    private CallerIdentity User(string id, string account, int role = 0) => new(Database, account, id, role, 0);
}
