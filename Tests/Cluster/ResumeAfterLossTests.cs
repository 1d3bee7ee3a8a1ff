using System.Diagnostics;
using System.Globalization;
using System.Threading.Channels;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>Protocol 1.9, when a process is lost with which the client's stream or session ends.</summary>
[Collection<RunAlone>]
public sealed class ResumeAfterLossTests(PostgresServer postgres)
{
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(40);

    [Theory]
    [InlineData("gateway killed")]
    [InlineData("gateway stopped")]
    [InlineData("gateway frozen")]
    [InlineData("silo killed")]
    [InlineData("silo stopped")]
    public async Task Client_MissesNothing_WhenAProcessIsLost(string fault)
    {
        await using var cluster = await ProcessCluster.StartAsync(postgres, silos: 3, gateways: 2);
        await using var first = cluster.Connect(0);
        await using var second = cluster.Connect(1);
        var database = await second.Operator.CreateDatabaseAsync(second, await second.Operator.CreateTenantAsync("test"));
        var user = await database.RegisterAsync();
        var sender = await database.ConnectMemberAsync(Transport.WebSocket, "other", second);
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room", user, first);
        await client.JoinAsync("db-tasks_700_");
        await PublishAsync(sender, "seen");
        await client.ExpectAsync("chan_out", "seen");

        await LoseAsync(cluster, client, fault);
        for (var i = 0; i < 5; i++)
        {
            await PublishAsync(sender, i.ToString(CultureInfo.InvariantCulture));
        }

        await CreateAsync(database, user);
        var received = new List<ServerMessage>();
        await using (var back = await ComeBackAsync(client, second, received))
        {
            await PublishAsync(sender, "live");
            while (received.Count < 7)
            {
                received.Add(await back.NextAsync());
            }

            await back.ExpectNothingAsync();
        }

        Assert.DoesNotContain(received, static message => message.Type == "init");
        Assert.Equal(["0", "1", "2", "3", "4", "live"], received.Where(static message => message.Type == "chan_out").Select(static message => message.Data));
        Assert.Single(received, static message => message.Type == "db_created");
        await sender.DisposeAsync();
    }

    private static async Task LoseAsync(ProcessCluster cluster, SseClient client, string fault)
    {
        switch (fault)
        {
            case "gateway killed":
                cluster.Gateways[0].Kill();
                await client.ExpectEndAsync();
                break;
            case "gateway stopped":
                await cluster.Gateways[0].TerminateAsync();
                Assert.Equal(0, await cluster.Gateways[0].ExitAsync(Bound));
                break;
            case "gateway frozen":
                await cluster.Gateways[0].FreezeAsync();
                break;
            case "silo killed":
                await client.DisposeAsync();
                cluster.Silos[0].Kill();
                break;
            default:
                await client.DisposeAsync();
                await cluster.Silos[0].TerminateAsync();
                break;
        }
    }

    /// <summary>What EventSource does: while the server can't tell it ends the stream without a message, and is asked again.</summary>
    internal static async Task<SseClient> ComeBackAsync(SseClient client, GatewayProcess gateway, List<ServerMessage> received)
    {
        var since = Stopwatch.StartNew();
        while (true)
        {
            var back = await client.ReconnectAsync(gateway);
            try
            {
                received.Add(await back.NextAsync());
                return back;
            }
            catch (ChannelClosedException) when (since.Elapsed < Bound)
            {
                await back.DisposeAsync();
            }
        }
    }

    /// <summary>Publishes; a channel whose silo is being replaced may refuse for a moment.</summary>
    private static Task PublishAsync(RealtimeClient sender, string data) => Eventually.TrueAsync(
        async () =>
        {
            await sender.SendAsync("chan_in", data, "room");
            return (await sender.NextAsync()).Type == "ok";
        },
        "the message to be accepted",
        Bound);

    private static Task CreateAsync(TestDatabase database, TestUser user) => Eventually.TrueAsync(
        async () =>
        {
            using var response = await database.SendRawAsync(HttpMethod.Post, "/db/tasks_700_", user.Token, new { title = "missed" });
            return response.IsSuccessStatusCode;
        },
        "the document to be created",
        Bound);
}
