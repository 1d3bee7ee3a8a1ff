using Realtime.Gateway.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Failures;

/// <summary>What becomes of a gateway's clients when it reaches no silo any more.</summary>
[Collection<RunAlone>]
public sealed class CutOffTests
{
    // A lease of 15 s, the renewal that finds it over, and calls that wait for an answer.
    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(60);

    [Fact]
    public async Task Connections_End_WhenNoSiloHasBeenHeardForALease()
    {
        await using var backend = await LossyBackend.StartAsync();
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var bound = await database.ConnectAsync(Transport.WebSocket, user);
        await using var stream = await database.ConnectAsync(Transport.ServerSentEvents, user);
        var connections = new[] { bound, stream }.Select(static client => FindConnection(client)).ToList();

        foreach (var silo in backend.Cluster.Silos.ToList())
        {
            await backend.Cluster.KillSiloAsync(silo);
        }

        // Their slots may be others' by now (protocol 4).
        await Task.WhenAll(bound.Ended, stream.Ended).WaitAsync(Bound, TestContext.Current.CancellationToken);
        Assert.All(connections, static connection => Assert.Equal(EndReason.GoingAway, connection.EndReason));
    }

    private static Connection FindConnection(RealtimeClient client) =>
        client.Gateway.Services.GetRequiredService<ConnectionRegistry>().TryGet(Guid.Parse(client.Sid), out var connection)
            ? connection
            : throw new InvalidOperationException("The client isn't connected.");
}
