using Realtime.Tenants;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Sessions;

/// <summary>Protocol 1.9: a client that comes back doesn't begin anew because something can't be told just now.</summary>
public sealed class ReturnInDoubtTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Client_IsAskedToComeBackOnceMore_WhenItsKeyCannotBeLookedUp()
    {
        var cluster = await backend.ClientAsync();
        var wasAsked = false;
        var grains = WatchedGrains.Of(cluster, kind =>
        {
            if (kind == typeof(IDatabaseGrain) && !wasAsked)
            {
                wasAsked = true;
                throw new TimeoutException("It can't be reached.");
            }
        });
        await using var gateway = await GatewayProcess.StartAsync(cluster, grains);
        var database = await backend.CreateDatabaseAsync();
        await using var client = Assert.IsType<SseClient>(await database.ConnectMemberAsync(Transport.ServerSentEvents, "room"));
        await client.DisposeAsync();

        await using var undecided = await client.ReconnectAsync(gateway);
        await undecided.ExpectEndAsync();
        await using var back = await undecided.ReconnectAsync();

        await back.ExpectNothingAsync();
        Assert.True(wasAsked);
    }
}
