using Realtime.Gateways;
using Realtime.Sessions;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Sessions;

[Collection(typeof(OnGrainCluster))]
public sealed class SessionGrainTests(GrainCluster fixture)
{
    private static readonly SessionPost Post = new("db", ["user"], "{}"u8.ToArray());

    [Fact]
    public async Task Post_FindsNobody_WhenTheSessionWasNeverOpened()
    {
        var session = (await fixture.StartedAsync()).Client.GetGrain<ISessionGrain>(Guid.NewGuid());

        Assert.Equal(PostOutcome.UnknownSession, await session.PostAsync(Post));
    }

    [Fact]
    public async Task Post_ReachesTheGatewayThatHoldsTheConnection_UntilItIsClosed()
    {
        var client = (await fixture.StartedAsync()).Client;
        var sid = Guid.NewGuid();
        var session = client.GetGrain<ISessionGrain>(sid);
        var gateway = new TestGateway { Post = (to, _) => to == sid ? PostOutcome.NotOwner : PostOutcome.UnknownSession };
        await session.OpenAsync(gateway.Id, client.CreateObjectReference<IGatewayObserver>(gateway));

        var open = await session.PostAsync(Post);
        await session.CloseAsync();
        var closed = await session.PostAsync(Post);

        Assert.Equal((PostOutcome.NotOwner, PostOutcome.UnknownSession), (open, closed));
        GC.KeepAlive(gateway);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_FindsALiveConnection_ThoughItsGrainWasLost(bool isRecent)
    {
        var client = (await fixture.StartedAsync()).Client;
        var sid = Guid.NewGuid();
        TestGateway[] gateways =
        [
            new(),
            new() { Post = (to, _) => to == sid ? PostOutcome.Accepted : PostOutcome.UnknownSession },
            new() { Post = static (_, _) => throw new TimeoutException("frozen") },
        ];
        await RegisterAsync(client, gateways);

        var outcome = await PostAsync(client, sid, isRecent);

        Assert.Equal(PostOutcome.Accepted, outcome);
        GC.KeepAlive(gateways);
    }

    [Fact]
    public async Task Post_FindsNobodyAfterALoss_OnlyWhenEveryGatewayHasSaidSo()
    {
        var client = (await fixture.StartedAsync()).Client;
        var isSilent = true;
        TestGateway[] gateways =
        [
            new(),
            new() { Post = (_, _) => isSilent ? throw new TimeoutException("frozen") : PostOutcome.UnknownSession },
        ];
        await RegisterAsync(client, gateways);
        var sid = Guid.NewGuid();

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => PostAsync(client, sid, isRecent: true));
        isSilent = false;
        var unknown = await PostAsync(client, sid, isRecent: true);

        Assert.Equal(PostOutcome.UnknownSession, unknown);
        GC.KeepAlive(gateways);
    }

    private async Task<PostOutcome> PostAsync(IClusterClient client, Guid sid, bool isRecent)
    {
        fixture.HasLostASilo = isRecent;
        try
        {
            return await client.GetGrain<ISessionGrain>(sid).PostAsync(Post);
        }
        finally
        {
            fixture.HasLostASilo = false;
        }
    }

    private static async Task RegisterAsync(IClusterClient client, TestGateway[] gateways)
    {
        foreach (var gateway in gateways)
        {
            await gateway.RegisterAsync(client);
        }
    }
}
