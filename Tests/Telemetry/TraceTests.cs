using System.Collections.Concurrent;
using System.Diagnostics;
using Orleans.TestingHost;
using Realtime.Documents;
using Realtime.Gateway.Telemetry;
using Realtime.Providers.PushStreams;
using Realtime.Silo;
using Realtime.Tests.Infrastructure;
using Realtime.Users;

namespace Realtime.Tests.Telemetry;

/// <summary>One trace from a client's request over its gateway, a grain and the inbox to another gateway.</summary>
public sealed class TraceTests : IAsyncLifetime
{
    private const string OrleansSource = "Microsoft.Orleans.Application";

    private readonly string _dataFolder = Directory.CreateTempSubdirectory("realtime-traces-").FullName;
    private readonly ActivityTraceId _trace = ActivityTraceId.CreateRandom();
    private readonly ConcurrentQueue<Activity> _spans = new();
    private readonly ActivityListener _listener;
    private InProcessTestCluster _cluster = null!;
    private GatewayProcess _here = null!;
    private GatewayProcess _there = null!;

    public TraceTests()
    {
        // Only what belongs to the test's own trace is recorded: others run beside it.
        _listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name is GatewayTracing.SourceName or OrleansSource or "Microsoft.AspNetCore",
            Sample = (ref ActivityCreationOptions<ActivityContext> options) =>
                options.TraceId == _trace ? ActivitySamplingResult.AllDataAndRecorded : ActivitySamplingResult.None,
            ActivityStopped = _spans.Enqueue,
        };
        ActivitySource.AddActivityListener(_listener);
    }

    public async ValueTask InitializeAsync()
    {
        var builder = new InProcessTestClusterBuilder(1);
        builder.ConfigureSilo((_, silo) =>
        {
            silo.AddMemoryGrainStorageAsDefault();
            silo.AddMemoryGrainStorage("PubSubStore");
            silo.AddInboxStreams();
            silo.AddRealtimeGrains();
            silo.AddActivityPropagation();
            silo.Services.AddSqliteDocumentStore(documents => documents.DataFolder = _dataFolder);
            silo.Services.Configure<PasswordOptions>(static passwords => passwords.WorkFactor = 4);
        });
        builder.ConfigureClient(static client => client.AddPushStreams(RealtimeStreams.ProviderName).AddActivityPropagation());
        _cluster = builder.Build();
        await _cluster.DeployAsync();
        _here = await GatewayProcess.StartAsync(_cluster.Client);
        _there = await GatewayProcess.StartAsync(_cluster.Client);
    }

    public async ValueTask DisposeAsync()
    {
        await _here.DisposeAsync();
        await _there.DisposeAsync();
        await _cluster.DisposeAsync();
        _listener.Dispose();
        Directory.Delete(_dataFolder, recursive: true);
    }

    [Fact]
    public async Task Message_IsOneTrace_FromItsRequestToTheOtherGateway()
    {
        var database = await _here.Operator.CreateDatabaseAsync(_here, await _here.Operator.CreateTenantAsync("idea"));
        await using var receiver = await database.ConnectMemberAsync(Transport.WebSocket, "r", _there);
        await using var sender = await database.ConnectNewUserAsync(Transport.ServerSentEvents);

        await PostAsync(database, "/sse/msg", sender.Token!, new { sid = sender.Sid, type = "chan_in", data = "a secret payload", channel = "r" });
        await receiver.ExpectAsync("chan_out");

        await ExpectSpansAsync("command chan_in", "publish", "IChannelGrain", "deliver");
        AssertNothingSecret(sender.Token!, "a secret payload", database.PublicKey, sender.Sid);
    }

    [Fact]
    public async Task Document_IsOneTrace_FromItsWriteToTheOtherGateway()
    {
        var database = await _here.Operator.CreateDatabaseAsync(_here, await _here.Operator.CreateTenantAsync("idea"));
        var user = await database.RegisterAsync();
        await using var receiver = await database.ConnectMemberAsync(Transport.WebSocket, "db-notes_700_", user, _there);

        await PostAsync(database, "/db/notes_700_", user.Token, new { text = "a secret payload" });
        await receiver.ExpectAsync("db_created");

        await ExpectSpansAsync("IRepositoryGrain", "deliver");
        AssertNothingSecret(user.Token, "a secret payload", database.PublicKey, user.Id);
    }

    private async Task PostAsync(TestDatabase database, string path, string token, object body)
    {
        using var content = JsonContent.Create(body);
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        request.Headers.Add("SB-PUBLIC-KEY", database.PublicKey);
        request.Headers.Add("traceparent", $"00-{_trace}-{ActivitySpanId.CreateRandom()}-01");
        request.Headers.Authorization = new("Bearer", token);
        using var response = await database.Gateway.Http.SendAsync(request);
        Assert.True(response.IsSuccessStatusCode, $"{path}: {(int)response.StatusCode}");
    }

    /// <summary>Waits for spans whose names hold these texts. They end in any order, all in one trace.</summary>
    private async Task ExpectSpansAsync(params string[] names)
    {
        foreach (var name in names)
        {
            await Eventually.TrueAsync(() => _spans.Any(span => span.DisplayName.Contains(name, StringComparison.Ordinal)), $"the span '{name}'");
        }

        Assert.All(_spans, span => Assert.Equal(_trace, span.TraceId));
    }

    private void AssertNothingSecret(params string[] secrets)
    {
        var written = _spans.Where(static span => span.Source.Name == GatewayTracing.SourceName)
            .SelectMany(static span => span.TagObjects.Select(static tag => $"{tag.Key}={tag.Value}").Append(span.DisplayName));
        Assert.All(written, text => Assert.All(secrets, secret => Assert.DoesNotContain(secret, text, StringComparison.Ordinal)));
    }
}
