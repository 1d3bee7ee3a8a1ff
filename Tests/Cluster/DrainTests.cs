using System.Net;
using System.Threading.Channels;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>What clients notice when a process of a cluster is told to stop (SIGTERM), or is lost.</summary>
[Collection<RunAlone>]
public sealed class DrainTests(DrainTests.FiveProcesses shared) : IClassFixture<DrainTests.FiveProcesses>
{
    private const int Killed = 143;

    // It is asked for again after 4 s; writes that can't be repeated are given up after 10 s.
    private static readonly TimeSpan LongestCreate = TimeSpan.FromSeconds(9);

    [Fact]
    public async Task Gateway_EndsItsStreamsSpreadAndSendsNewOnesAway_WhenItIsToldToStop()
    {
        const int Each = 10;
        var drain = TimeSpan.FromSeconds(4);
        await using var process = await shared.Cluster.StartGateway(("Realtime:DrainTime", drain.ToString())).ReadyAsync();
        await using var gateway = GatewayProcess.At(process.Address);
        var database = await shared.CreateDatabaseAsync();
        var ends = new List<Task<long>>();
        var sockets = new List<WebSocketClient>();
        for (var i = 0; i < Each; i++)
        {
            var socket = (WebSocketClient)await database.ConnectNewUserAsync(Transport.WebSocket, gateway);
            sockets.Add(socket);
            ends.Add(EndAsync(socket));
            ends.Add(EndAsync(await database.ConnectNewUserAsync(Transport.ServerSentEvents, gateway)));
        }

        await process.TerminateAsync();
        await Eventually.TrueAsync(async () => await process.GetHealthAsync("ready") == HttpStatusCode.ServiceUnavailable, "the gateway not to be ready");
        var alive = await process.GetHealthAsync("live");
        using var stream = await SseClient.RequestAsync(database, gateway);
        var text = await stream.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        var socketStatus = await WebSocketClient.RefusedAsync(gateway, "");
        var remaining = ends.Count(static end => !end.IsCompleted);
        var exitCode = await process.ExitAsync();

        Assert.Equal(HttpStatusCode.OK, alive);
        Assert.Equal((200, "text/event-stream"), ((int)stream.StatusCode, stream.Content.Headers.ContentType?.MediaType));
        Assert.Matches("^retry: [0-9]{4}\n\n$", text);
        Assert.Equal(503, socketStatus);
        Assert.True(remaining > 0, "all connections were ended at once");
        Assert.Equal(0, exitCode);
        var times = await Task.WhenAll(ends);
        Assert.True(
            TimeProvider.System.GetElapsedTime(times.Min(), times.Max()) > drain / 3, "the connections were ended together");
        Assert.All(sockets, static socket => Assert.Equal(1001, socket.CloseCode));
    }

    [Fact]
    public async Task Gateway_EndsAtOnce_WhenItIsToldTwice()
    {
        await using var process = await shared.Cluster.StartGateway(("Realtime:DrainTime", "00:10:00")).ReadyAsync();
        await using var gateway = GatewayProcess.At(process.Address);
        var database = await shared.CreateDatabaseAsync();
        await using var one = await database.ConnectNewUserAsync(Transport.WebSocket, gateway);
        await using var other = await database.ConnectNewUserAsync(Transport.WebSocket, gateway);

        await process.TerminateAsync();
        await Eventually.TrueAsync(async () => await process.GetHealthAsync("ready") == HttpStatusCode.ServiceUnavailable, "the gateway not to be ready");
        await process.TerminateAsync();

        Assert.Equal(Killed, await process.ExitAsync());

        // It had no time to say goodbye: new tenants' slots are undecided until its lease has run out.
        await Eventually.TrueAsync(CanConnectAsync, "the lease of the gateway to run out", TimeSpan.FromSeconds(40));
    }

    [Fact]
    public async Task Silo_HandsOverWithoutAFailedCall_WhenItIsToldToStopUnderLoad()
    {
        var database = await shared.CreateDatabaseAsync();
        await using var load = await LoadOnGateways.StartAsync(database, Enum.GetValues<Transport>(), shared.First, shared.Second);
        await load.AnsweredAsync(300);
        var silo = shared.Cluster.Silos[0];

        await silo.TerminateAsync();
        var exitCode = await silo.ExitAsync();
        await load.AnsweredAsync(300);
        await shared.Cluster.StartSilo().ReadyAsync();
        await load.AnsweredAsync(300);
        await load.StopAsync();

        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Calls} calls; slowest: {load.Slowest}");
        Assert.Equal(0, exitCode);
        Assert.True(load.Failures.IsEmpty, $"{load.Failures.Count} of {load.Calls} calls failed; slowest: {load.Slowest}\n{string.Join('\n', load.Failures)}");
    }

    [Fact]
    public async Task ReadsAndCreates_AreAnswered_WhenASiloIsKilledUnderLoad()
    {
        var database = await shared.CreateDatabaseAsync();
        await using var load = await LoadOnGateways.StartAsync(database, [], shared.First, shared.Second);
        await load.AnsweredAsync(300);
        var silo = shared.Cluster.Silos[1];

        silo.Kill();
        await silo.ExitAsync();
        await load.AnsweredAsync(600);
        await shared.Cluster.StartSilo().ReadyAsync();
        await load.AnsweredAsync(300);
        await load.StopAsync();

        // Another write that was lost with the silo may have been done: its caller is told that nobody knows.
        TestContext.Current.TestOutputHelper?.WriteLine($"{load.Calls} calls; slowest: {load.Slowest}; failed:\n{string.Join('\n', load.Failures)}");
        Assert.DoesNotContain(load.Failures, static failure => failure.Contains("GET ", StringComparison.Ordinal));
        Assert.DoesNotContain(load.Failures, static failure => failure.Contains("POST /db/", StringComparison.Ordinal));
        Assert.InRange(load.SlowestOf("create"), TimeSpan.Zero, LongestCreate);
        Assert.All(load.Failures, static failure => Assert.Contains(": 503 ", failure, StringComparison.Ordinal));
    }

    private async Task<bool> CanConnectAsync()
    {
        try
        {
            await using var client = await (await shared.CreateDatabaseAsync()).ConnectAsync(Transport.ServerSentEvents);
            return true;
        }
        catch (ChannelClosedException)
        {
            return false;
        }
    }

    private static async Task<long> EndAsync(RealtimeClient client)
    {
        await client.ExpectEndAsync();
        return TimeProvider.System.GetTimestamp();
    }

    /// <summary>The cluster of this class.</summary>
    public sealed class FiveProcesses(PostgresServer postgres) : SharedCluster(postgres, silos: 3);
}
