using System.Net;
using System.Text.Json;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>Two silos and two gateways, as four processes that know each other by storage alone.</summary>
public sealed class ProcessClusterTests(ProcessClusterTests.FourProcesses shared) : IClassFixture<ProcessClusterTests.FourProcesses>
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Messages_ReachMembersOfAllGateways_WhenTheyAreProcesses(Transport transport)
    {
        var database = await shared.CreateDatabaseAsync();
        await using var here = await database.ConnectMemberAsync(transport, "lobby", shared.First);
        await using var there = await database.ConnectMemberAsync(transport, "lobby", shared.Second);

        await here.PublishAsMemberAsync("lobby", "from here");
        await there.ExpectChanOutAsync(here, "lobby", "from here");
        await there.PublishAsMemberAsync("lobby", "from there");

        await here.ExpectChanOutAsync(there, "lobby", "from there");
    }

    [Fact]
    public async Task DocumentEvents_ReachMembersOfAllGateways_WhenTheyAreProcesses()
    {
        var database = await shared.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var there = await database.ConnectMemberAsync(Transport.WebSocket, "db-tasks_760_", user, shared.Second);

        var created = await database.SendAsync(HttpMethod.Post, "/db/tasks_760_", user.Token, new { title = "crosses" });

        var told = JsonDocument.Parse((await there.ExpectAsync("db_created")).Data).RootElement;
        Assert.Equal(created.GetProperty("id").GetString(), told.GetProperty("id").GetString());
        Assert.Equal("crosses", told.GetProperty("title").GetString());
    }

    [Fact]
    public async Task Session_IsReachedByPosts_WhenTheyArriveAtTheOtherGateway()
    {
        var database = await shared.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents, user, shared.First);

        var (status, _) = await database.PostAsync(client.Sid, user.Token, "echo", "round about", gateway: shared.Second);

        Assert.Equal(200, status);
        await client.ExpectAsync("echo", "echo: round about");
    }

    [Fact]
    public async Task Silo_HasNoPublicApi_WhenItIsOneOfACluster()
    {
        using var http = new HttpClient { BaseAddress = shared.Cluster.Silos[0].Address };

        Assert.Equal(HttpStatusCode.OK, await shared.Cluster.Silos[0].GetHealthAsync("live"));
        foreach (var path in (string[])["/", "/ping", "/sse/connect?sbpk=any", "/ws", "/operator/tenants", "/db/tasks"])
        {
            using var response = await http.GetAsync(new Uri(path, UriKind.Relative), TestContext.Current.CancellationToken);
            Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
        }
    }

    /// <summary>The cluster of this class.</summary>
    public sealed class FourProcesses(PostgresServer postgres) : SharedCluster(postgres, silos: 2);
}
