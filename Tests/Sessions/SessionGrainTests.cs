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
}
