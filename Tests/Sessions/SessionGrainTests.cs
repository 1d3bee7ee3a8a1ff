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
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Post_FindsALiveConnection_ThoughItsGatewayCouldNotRenewItsLease(bool isThere)
    {
        var client = (await fixture.StartedAsync()).Client;
        var sid = Guid.NewGuid();
        var (live, lapsed) = (new TestGateway(), new TestGateway
        {
            Post = (to, _) => isThere && to == sid ? PostOutcome.Accepted : throw new TimeoutException("It is gone."),
        });
        await RegisterAsync(client, [lapsed]);
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        await RegisterAsync(client, [live]);

        var outcome = await PostAsync(client, sid, isRecent: true);

        Assert.Equal(isThere ? PostOutcome.Accepted : PostOutcome.UnknownSession, outcome);
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
    }

    [Fact]
    public async Task Post_IsToBeTriedAgain_WhenTheSiloHearsOfALossWhileItIsSearchedFor()
    {
        var client = (await fixture.StartedAsync()).Client;
        var gateway = new TestGateway
        {
            BeforePost = () =>
            {
                fixture.HasLostASilo = true;
                throw new TimeoutException("frozen");
            },
        };
        await RegisterAsync(client, [gateway]);

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => PostAsync(client, Guid.NewGuid(), isRecent: false));
    }

    [Fact]
    public async Task Post_IsToBeTriedAgain_WhenTooManySessionsAreSearchedFor()
    {
        const int Many = 100;
        var client = (await fixture.StartedAsync()).Client;
        var answer = new TaskCompletionSource();
        var gateway = new TestGateway { BeforePost = () => answer.Task };
        await RegisterAsync(client, [gateway]);

        var posts = Enumerable.Range(0, Many).Select(_ => Record.ExceptionAsync(
            async () => Assert.Equal(PostOutcome.UnknownSession, await PostAsync(client, Guid.NewGuid(), isRecent: false))).AsTask()).ToList();
        var first = await await Task.WhenAny(posts).WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        answer.SetResult();
        await Task.WhenAll(posts);

        // The gateway hasn't said anything by then.
        Assert.IsType<TemporarilyUnavailableException>(first);
    }

    [Fact]
    public async Task Post_ReachesAGatewayThatNobodyKnewOf_WhenItStatesTheSessionMeanwhile()
    {
        var client = (await fixture.StartedAsync()).Client;
        var sid = Guid.NewGuid();
        var session = client.GetGrain<ISessionGrain>(sid);
        var holder = new TestGateway { Post = static (_, _) => PostOutcome.Accepted };
        var observer = client.CreateObjectReference<IGatewayObserver>(holder);
        var other = new TestGateway
        {
            BeforePost = async () => await session.HoldAsync(holder.Id, observer, TestSession.Record()),
        };
        await RegisterAsync(client, [other]);

        Assert.Equal(PostOutcome.Accepted, await session.PostAsync(Post));
        await session.EndAsync(1);
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
