using System.Diagnostics;
using Realtime.Tests.Documents;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>Protocol 1.4.6 and 1.9: whom presence counts when a gateway is lost, of whose clients some come back.</summary>
[Collection<RunAlone>]
public sealed class PresenceAfterLossTests(PostgresServer postgres)
{
    private static readonly string[] Channels = ["room", "db-notes_760_"];

    // A lease of 15 s, and what a busy machine takes.
    private static readonly TimeSpan Lease = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan Stable = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    [Fact]
    public async Task Presence_CountsNoGhostLongerThanTheLease_AndNobodyTwice()
    {
        await using var cluster = await ProcessCluster.StartAsync(postgres, silos: 2, gateways: 2);
        await using var first = cluster.Connect(0);
        await using var second = cluster.Connect(1);
        var database = await second.Operator.CreateDatabaseAsync(second, await second.Operator.CreateTenantAsync("test"));
        await using var asker = await JoinAsync(database, Transport.WebSocket, second);
        var soon = (SseClient)await JoinAsync(database, Transport.ServerSentEvents, first);
        var late = (SseClient)await JoinAsync(database, Transport.ServerSentEvents, first);
        await using var never = await JoinAsync(database, Transport.ServerSentEvents, first);
        await using var socket = await JoinAsync(database, Transport.WebSocket, first);
        Assert.Equal("5, 5", string.Join(", ", await CountAsync(asker)));

        cluster.Gateways[0].Kill();
        var since = Stopwatch.StartNew();
        await asker.PublishAsMemberAsync("room", "missed");
        await using var soonBack = await ComeBackAsync(soon, second);
        int[] counts;
        do
        {
            counts = await CountAsync(asker);

            // The two that are there, and at most the four that were.
            Assert.True(counts.All(static count => count is >= 2 and <= 6), $"{string.Join(" and ", counts)} are counted");
            Assert.True(since.Elapsed < Lease, $"{string.Join(" and ", counts)} are counted {since.Elapsed} after the loss");
        }
        while (counts is not [2, 2]);

        await ExpectStableAsync(asker, 2);
        await using var lateBack = await ComeBackAsync(late, second);
        await ExpectStableAsync(asker, 3);
    }

    private static async Task<RealtimeClient> JoinAsync(TestDatabase database, Transport transport, GatewayProcess gateway)
    {
        var client = await database.ConnectNewUserAsync(transport, gateway);
        foreach (var channel in Channels)
        {
            await client.JoinAsync(channel);
        }

        return client;
    }

    private static async Task<SseClient> ComeBackAsync(SseClient client, GatewayProcess gateway)
    {
        var received = new List<ServerMessage>();
        var back = await ResumeAfterLossTests.ComeBackAsync(client, gateway, received);
        Assert.Equal("missed", Assert.Single(received).Data);
        return back;
    }

    private static async Task ExpectStableAsync(RealtimeClient asker, int count)
    {
        var since = Stopwatch.StartNew();
        while (since.Elapsed < Stable)
        {
            Assert.Equal($"{count}, {count}", string.Join(", ", await CountAsync(asker)));
        }
    }

    /// <summary>The numbers of members of all channels.</summary>
    private static async Task<int[]> CountAsync(RealtimeClient asker)
    {
        // Below the rate that a connection is allowed.
        await Task.Delay(Pause);
        var counts = new int[Channels.Length];
        for (var i = 0; i < Channels.Length; i++)
        {
            await asker.SendAsync("presence", Channels[i]);
            counts[i] = int.Parse((await asker.ExpectAsync("presence")).Data, System.Globalization.CultureInfo.InvariantCulture);
        }

        return counts;
    }
}
