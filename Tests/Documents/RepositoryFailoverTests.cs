using System.Collections.Concurrent;
using System.Text.Json;
using Microsoft.Extensions.Logging.Testing;
using Orleans.Configuration;
using Orleans.Core.Internal;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.TestingHost;
using Realtime.Documents;
using Realtime.Gateway.Hosting;
using Realtime.Gateways;
using Realtime.Providers.PushStreams;
using Realtime.Silo;
using Realtime.Tenants;
using Realtime.Tests.Infrastructure;
using Realtime.Users;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>Members of a repository's channel stay connected and miss nothing while its silo is lost (protocol 1.9, 2.3).</summary>
[Collection<RunAlone>]
public sealed class RepositoryFailoverTests : IAsyncLifetime
{
    private const string Repository = "tasks_760_";
    private const int Writers = 4;

    private readonly string _dataFolder = Directory.CreateTempSubdirectory("realtime-failover-").FullName;
    private readonly SurvivingGrainStorage _states = new();
    private readonly ConcurrentDictionary<string, bool> _answered = new();
    private readonly FakeLoggerProvider _log = new();
    private InProcessTestCluster _cluster = null!;
    private GatewayProcess[] _gateways = [];

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Members_GetEveryAnsweredWriteOnce_WhenTheSiloOfTheRepositoryIsLost(bool isGraceful)
    {
        var database = await CreateDatabaseAsync();
        var (user, stranger) = (await database.RegisterAsync(), await database.RegisterAsync());
        var (here, there) = (database, database with { Gateway = _gateways[1] });
        await using var member = await here.ConnectMemberAsync(Transport.WebSocket, "db-" + Repository, user);
        await using var other = await there.ConnectMemberAsync(Transport.ServerSentEvents, "db-" + Repository, user);
        await using var outsider = await there.ConnectMemberAsync(Transport.WebSocket, "db-" + Repository, stranger);
        using var stop = new CancellationTokenSource();

        var writing = Enumerable.Range(0, Writers).Select(n => WriteAsync(n % 2 == 0 ? here : there, user, stop.Token)).ToList();
        await AnsweredAsync(50);
        await StopSiloOfAsync(database, isGraceful);
        await AnsweredAsync(_answered.Count + 100);
        await stop.CancelAsync();
        await Task.WhenAll(writing);
        await there.SendAsync(HttpMethod.Post, $"/db/{Repository}", stranger.Token, new { n = "last" });

        var stored = await StoredAsync(database, user);
        Assert.Superset(_answered.Keys.ToHashSet(), stored.ToHashSet());
        Assert.Equal(stored, await EventsAsync(member, stored));
        Assert.Equal(stored, await EventsAsync(other, stored));
        Assert.Equal("last", Document(await outsider.ExpectAsync("db_created")).GetProperty("n").GetString());
        Assert.All([member, other, outsider], static client => Assert.False(client.Ended.IsCompleted));
    }

    [Fact]
    public async Task Members_HearOfAWriteThatWasNotAnnounced_ThoughNobodyWritesAgain()
    {
        var database = await CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var member = await database.ConnectMemberAsync(Transport.WebSocket, "db-" + Repository, user);
        var store = _cluster.Silos[0].ServiceProvider.GetRequiredService<IDocumentStore>();

        // As if the silo had been lost between the commit and the event.
        await store.CommitAsync(database.PublicKey, Repository, [New("{}", user.AccountId, user.Id).Write], TestContext.Current.CancellationToken);
        await StopSiloOfAsync(database, isGraceful: false);

        await member.ExpectAsync("db_created");
        Assert.False(member.Ended.IsCompleted);
    }

    [Fact]
    public async Task Members_HearOfWrites_WhenTheGrainHasStoppedAlone()
    {
        var database = await CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var member = await database.ConnectMemberAsync(Transport.WebSocket, "db-" + Repository, user);
        var store = _cluster.Silos[0].ServiceProvider.GetRequiredService<IDocumentStore>();
        var grain = _cluster.Client.GetGrain<IRepositoryGrain>(RepositoryKey.Create(database.PublicKey, Repository));

        // No silo is lost, and nobody calls the grain.
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await store.CommitAsync(database.PublicKey, Repository, [New("{}", user.AccountId, user.Id).Write], TestContext.Current.CancellationToken);

        await member.ExpectAsync("db_created");
        Assert.False(member.Ended.IsCompleted);
    }

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(3);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.Services.AddGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, (services, _) => _states.Open(services));
            silo.Services.AddGrainStorage("PubSubStore", (services, _) => _states.Open(services));
            silo.AddInboxStreams();
            silo.AddRealtimeGrains();
            silo.Services.AddLogging(logging => logging.AddOwnLog(_log));
            silo.Services.AddSqliteDocumentStore(documents =>
            {
                documents.DataFolder = _dataFolder;
                documents.MemberCheckPeriod = TimeSpan.FromHours(1);
            });
            silo.Services.Configure<PlanOptions>(static plans => plans.Limits["test"] = 100_000);
            silo.Services.Configure<PasswordOptions>(static passwords => passwords.WorkFactor = 4);
            silo.Configure<SiloMessagingOptions>(static messaging => messaging.ResponseTimeout = CallLimits.Response);
            silo.Services.Configure<ClusterMembershipOptions>(static membership =>
            {
                membership.ProbeTimeout = TimeSpan.FromSeconds(1.5);
                membership.NumMissedProbesLimit = 3;
                membership.NumVotesForDeathDeclaration = 1;
            });
        });
        builder.ConfigureClient(static client =>
        {
            client.AddPushStreams(RealtimeStreams.ProviderName);
            client.Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = CallLimits.Response);
        });
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        _gateways =
        [
            await GatewayProcess.StartAsync(_cluster.Client, _cluster.Client, _log),
            await GatewayProcess.StartAsync(_cluster.Client, _cluster.Client, _log),
        ];

        // A silo that doesn't know of a gateway yet doesn't tell it that another one is lost.
        await Eventually.TrueAsync(
            () => _cluster.Silos.All(silo => silo.ServiceProvider.GetRequiredService<IGatewayRoster>().Live.Length == _gateways.Length),
            "all silos to know the gateways");
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var gateway in _gateways)
        {
            await gateway.DisposeAsync();
        }

        await _cluster.DisposeAsync();
        Directory.Delete(_dataFolder, recursive: true);
    }

    private async Task<TestDatabase> CreateDatabaseAsync()
    {
        var tenant = await _gateways[0].Operator.CreateTenantAsync("test");
        return await _gateways[0].Operator.CreateDatabaseAsync(_gateways[0], tenant);
    }

    private async Task WriteAsync(TestDatabase database, TestUser user, CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            using var response = await database.SendRawAsync(HttpMethod.Post, $"/db/{Repository}", user.Token, new { n = 1 });
            if (response.IsSuccessStatusCode)
            {
                _answered[(await response.Content.ReadFromJsonAsync<JsonElement>(CancellationToken.None)).GetProperty("id").GetString()!] = true;
            }
        }
    }

    private Task AnsweredAsync(int count) =>
        Eventually.TrueAsync(() => Task.FromResult(_answered.Count >= count), $"{count} answered writes", TimeSpan.FromMinutes(1));

    private async Task StopSiloOfAsync(TestDatabase database, bool isGraceful)
    {
        var grain = _cluster.Client.GetGrain<IRepositoryGrain>(RepositoryKey.Create(database.PublicKey, Repository));
        var address = await _cluster.Client.GetGrain<IManagementGrain>(0).GetActivationAddress(grain);
        var silo = _cluster.Silos.Single(silo => silo.SiloAddress.Equals(address));
        await (isGraceful ? _cluster.StopSiloAsync(silo) : _cluster.KillSiloAsync(silo));
    }

    private static async Task<List<string>> StoredAsync(TestDatabase database, TestUser user)
    {
        var ids = new List<string>();
        for (var page = 1; ; page++)
        {
            var results = (await database.SendAsync(HttpMethod.Get, $"/db/{Repository}?size=100&page={page}", user.Token)).GetProperty("results");
            ids.AddRange(results.EnumerateArray().Select(static document => document.GetProperty("id").GetString()!));
            if (results.GetArrayLength() < 100)
            {
                return ids;
            }
        }
    }

    private async Task<List<string>> EventsAsync(RealtimeClient client, List<string> expected)
    {
        var ids = new List<string>();
        try
        {
            while (ids.Count < expected.Count)
            {
                ids.Add(Document(await client.ExpectAsync("db_created")).GetProperty("id").GetString()!);
            }
        }
        catch (TimeoutException exception)
        {
            var missing = expected.Select((id, i) => (id, i)).Where(write => !ids.Contains(write.id)).Select(static write => write.i);
            throw new TimeoutException($"of {expected.Count} writes these are missing: {string.Join(' ', missing)}\n{_log.GetText()}", exception);
        }

        return ids;
    }

    private static JsonElement Document(ServerMessage message)
    {
        using var document = JsonDocument.Parse(message.Data);
        return document.RootElement.Clone();
    }
}
