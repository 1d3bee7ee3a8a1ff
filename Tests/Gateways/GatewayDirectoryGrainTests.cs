using Orleans.Providers;
using Orleans.Storage;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Gateways;

[Collection(typeof(OnGrainCluster))]
public sealed class GatewayDirectoryGrainTests(GrainCluster fixture)
{
    [Fact]
    public async Task GetLive_ContainsGateway_UntilItsLeaseHasPassed()
    {
        var client = (await fixture.StartedAsync()).Client;
        var gateway = new TestGateway();
        await gateway.RegisterAsync(client);

        fixture.Time.Advance(TimeSpan.FromSeconds(13));
        var before = await IsLiveAsync(client, gateway);
        fixture.Time.Advance(TimeSpan.FromSeconds(2));
        var after = await IsLiveAsync(client, gateway);

        Assert.True(before);
        Assert.False(after);
    }

    [Fact]
    public async Task GetKnown_ContainsGateway_ForAMinuteAfterItsLease_UnlessItHasLeft()
    {
        var client = (await fixture.StartedAsync()).Client;
        var (lapsed, left, next) = (new TestGateway(), new TestGateway(), new TestGateway());
        await lapsed.RegisterAsync(client);
        await left.RegisterAsync(client);
        await Directory(client).UnregisterAsync(left.Id);
        var live = await FindAsync(lapsed);

        // Another one's registration has the lapsed one forgotten.
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        await next.RegisterAsync(client);
        var then = await FindAsync(lapsed);
        fixture.Time.Advance(TimeSpan.FromSeconds(60));

        Assert.True(live?.IsLive);
        Assert.False(then?.IsLive);
        Assert.Null(await FindAsync(lapsed));
        Assert.Null(await FindAsync(left));

        async Task<KnownGateway?> FindAsync(TestGateway gateway) =>
            (await Directory(client).GetKnownAsync()).Where(known => known.Registration.Gateway == gateway.Id).Cast<KnownGateway?>().SingleOrDefault();
    }

    [Fact]
    public async Task Register_RenewsTheLease_WhenGatewayIsKnown()
    {
        var client = (await fixture.StartedAsync()).Client;
        var gateway = new TestGateway();
        await gateway.RegisterAsync(client);
        fixture.Time.Advance(TimeSpan.FromSeconds(10));

        await gateway.RegisterAsync(client);
        fixture.Time.Advance(TimeSpan.FromSeconds(10));

        Assert.True(await IsLiveAsync(client, gateway));
    }

    [Fact]
    public async Task Register_IsNotForgotten_WhenItComesTooLate_WhileAnotherIsWritten()
    {
        var client = (await fixture.StartedAsync()).Client;
        var (punctual, late) = (new TestGateway(), new TestGateway());
        await Task.WhenAll(punctual.RegisterAsync(client), late.RegisterAsync(client));
        for (var i = 0; i < 10; i++)
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(10));
            await punctual.RegisterAsync(client);
            fixture.Time.Advance(TimeSpan.FromSeconds(5));

            await Task.WhenAll(punctual.RegisterAsync(client), late.RegisterAsync(client));

            Assert.True(await IsLiveAsync(client, late));
        }
    }

    [Fact]
    public async Task Unregister_TakesTheGatewayOff_AtOnce()
    {
        var client = (await fixture.StartedAsync()).Client;
        var gateway = new TestGateway();
        await gateway.RegisterAsync(client);

        await Directory(client).UnregisterAsync(gateway.Id);

        Assert.False(await IsLiveAsync(client, gateway));
    }

    [Fact]
    public async Task GetLive_RemembersGateways_WhenTheGrainWasLost()
    {
        var cluster = await fixture.StartedAsync();
        var gateway = new TestGateway();
        await gateway.RegisterAsync(cluster.Client);

        await cluster.DeactivateAsync(Directory(cluster.Client));
        await Directory(cluster.Client).BroadcastDatabaseRemovedAsync("db1");
        var live = await IsLiveAsync(cluster.Client, gateway);
        fixture.Time.Advance(TimeSpan.FromSeconds(16));

        Assert.True(live);
        Assert.Contains("db1", gateway.Told);
        Assert.False(await IsLiveAsync(cluster.Client, gateway));
    }

    [Fact]
    public async Task AnEarlierActivation_CannotWrite_WhenTheNextHasBegun()
    {
        // One that was frozen with its silo would write that all gateways but one have expired, and the one after next would believe it.
        var cluster = await fixture.StartedAsync();
        await new TestGateway().RegisterAsync(cluster.Client);
        var storage = cluster.Silos[0].ServiceProvider.GetRequiredKeyedService<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME);
        var (grain, earlier) = (Directory(cluster.Client).GetGrainId(), new GrainState<GatewayDirectoryState>());
        await storage.ReadStateAsync("state", grain, earlier);

        await cluster.DeactivateAsync(Directory(cluster.Client));
        await Directory(cluster.Client).GetLiveAsync();

        await Assert.ThrowsAnyAsync<InconsistentStateException>(() => storage.WriteStateAsync("state", grain, earlier));
    }

    [Fact]
    public async Task Broadcast_ReachesEveryGateway_AndDoesNotFail_WhenOneFails()
    {
        var client = (await fixture.StartedAsync()).Client;
        TestGateway[] gateways =
        [
            new(),
            new() { Answer = Task.FromException(new InvalidOperationException("broken gateway")) },
            new(),
        ];
        foreach (var gateway in gateways)
        {
            await gateway.RegisterAsync(client);
        }

        await Directory(client).BroadcastIdentityChangedAsync("db1", "user1");

        Assert.All(gateways, static gateway => Assert.Equal(["db1/user1"], gateway.Told));
    }

    [Fact]
    public async Task Broadcast_ReturnsAfterASecond_WhenAGatewayIsFrozen()
    {
        var client = (await fixture.StartedAsync()).Client;
        var frozen = new TaskCompletionSource();
        var gateway = new TestGateway { Answer = frozen.Task };
        await gateway.RegisterAsync(client);

        var broadcast = Directory(client).BroadcastIdentityChangedAsync("db1", "user1").AsTask();
        await Eventually.TrueAsync(() => !gateway.Told.IsEmpty, "the gateway to be told");
        var waited = broadcast.IsCompleted;
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        await broadcast.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        frozen.SetResult();

        Assert.False(waited);
    }

    [Fact]
    public async Task Register_SaysOnceThatSomethingWasMissed_AndTheLeaseStays_WhenABroadcastWasNotAnswered()
    {
        var client = (await fixture.StartedAsync()).Client;
        var gateway = new TestGateway { Answer = Task.FromException(new InvalidOperationException("broken gateway")) };
        var other = new TestGateway();
        await gateway.RegisterAsync(client);
        await other.RegisterAsync(client);
        Assert.True(await gateway.RegisterAsync(client));

        await Directory(client).BroadcastIdentityChangedAsync("db1", "user1");
        var isLive = await IsLiveAsync(client, gateway);
        var (missed, heard) = (await gateway.RegisterAsync(client), await other.RegisterAsync(client));
        var then = await gateway.RegisterAsync(client);

        Assert.True(isLive);
        Assert.Equal((false, true, true), (missed, heard, then));
    }

    private static IGatewayDirectoryGrain Directory(IClusterClient client) =>
        client.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key);

    private static async Task<bool> IsLiveAsync(IClusterClient client, TestGateway gateway) =>
        (await Directory(client).GetLiveAsync()).Any(live => live.Gateway == gateway.Id);
}
