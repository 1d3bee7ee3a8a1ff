using Realtime.Gateways;
using Realtime.Quotas;
using Realtime.Tenants;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Quotas;

[Collection(typeof(OnGrainCluster))]
public sealed class PlanQuotaGrainTests(GrainCluster fixture)
{
    [Fact]
    public async Task Sync_GrantsExactlyTheLimit_WhenTwoGatewaysTryAtOnce()
    {
        var quota = await NewQuotaAsync();

        // A gateway has one call under way: each asks again with what it has got.
        var held = await Task.WhenAll(AcquireAsync("a"), AcquireAsync("b"));

        Assert.Equal(25, held.Sum());
        Assert.Equal(25, await quota.CountInUseAsync());

        async Task<int> AcquireAsync(string gateway)
        {
            var sum = 0;
            for (var attempt = 0; attempt < 100; attempt++)
            {
                sum += (await quota.SyncAsync(gateway, sum, 1)).Granted;
            }

            return sum;
        }
    }

    [Fact]
    public async Task Sync_GrantsAFreedSlot_AtOnce()
    {
        var quota = await NewQuotaAsync();
        await quota.SyncAsync("a", 0, 25);

        await quota.SyncAsync("a", 24, 0);

        Assert.Equal(1, (await quota.SyncAsync("b", 0, 1)).Granted);
    }

    [Fact]
    public async Task Sync_Refuses_WhenTenantIsUnknown()
    {
        var quota = Quota((await fixture.StartedAsync()).Client, Identifiers.NewId());

        var grant = await quota.SyncAsync("a", 0, 1);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), grant);
    }

    [Fact]
    public async Task Sync_GrantsMore_WhenThePlanIsChanged()
    {
        var tenant = await fixture.NewTenantAsync();
        var quota = await QuotaOfAsync(tenant);
        await quota.SyncAsync("a", 0, 25);

        await tenant.SetPlanAsync("Launch");
        var raised = await quota.SyncAsync("a", 25, 1000);
        await tenant.SetPlanAsync("idea");
        var lowered = await quota.SyncAsync("a", 150, 1);

        Assert.Equal(125, raised.Granted);
        Assert.Equal(0, lowered.Granted);
        Assert.Equal(150, await quota.CountInUseAsync());
    }

    [Fact]
    public async Task Sync_CountsWhatGatewaysState_WhenTheGrainWasLost()
    {
        var cluster = await fixture.StartedAsync();
        var tenant = await fixture.NewTenantAsync();
        var quota = await QuotaOfAsync(tenant);
        var (a, b) = (new TestGateway(), new TestGateway { CountSlots = static _ => Task.FromResult(20) });
        await a.RegisterAsync(cluster.Client);
        await b.RegisterAsync(cluster.Client);
        await quota.CountInUseAsync();

        await cluster.DeactivateAsync(quota);
        var grant = await quota.SyncAsync(a.Id, 0, 10);

        Assert.Equal(new SlotGrant(5, IsUndecided: false), grant);
    }

    [Fact]
    public async Task Sync_CountsWhatAGatewayHolds_ThatCouldNotRenewItsRegistration_WhenTheGrainWasLost()
    {
        var (quota, a, _) = await NewLostAsync(static _ => Task.FromResult(25));

        var grant = await quota.SyncAsync(a.Id, 0, 1);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), grant);
        Assert.Equal(25, await quota.CountInUseAsync());
    }

    [Fact]
    public async Task Sync_IsUndecided_WhileAGatewayThatCouldNotRenewItsRegistrationGivesSlotsAway_WhenTheGrainWasLost()
    {
        var (quota, a, forgotten) = await NewLostAsync(static _ => throw new TemporarilyUnavailableException());

        var undecided = await quota.SyncAsync(a.Id, 0, 1);
        await quota.SyncAsync(forgotten.Id, 24, 0);

        Assert.Equal(new SlotGrant(0, IsUndecided: true), undecided);
        Assert.Equal(new SlotGrant(1, IsUndecided: false), await quota.SyncAsync(a.Id, 0, 1));
    }

    [Fact]
    public async Task Sync_WaitsNotLongForAGateway_WhoseRegistrationHasLapsed_AndTakesBackFromItWhatOthersGot()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<int>());
        var (quota, a, forgotten) = await NewLostAsync(_ =>
        {
            asked.TrySetResult();
            return answer.Task;
        });

        var first = quota.SyncAsync(a.Id, 0, 1).AsTask();
        await asked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        await AdvanceUntilCompletedAsync(first);
        a.CountSlots = static _ => Task.FromResult(1);
        var back = await quota.SyncAsync(forgotten.Id, 25, 0);

        Assert.Equal(new SlotGrant(1, IsUndecided: false), await first);
        Assert.Equal(1, back.Revoked);
    }

    [Fact]
    public async Task Sync_IsUndecided_UntilAFrozenGatewayHasAnsweredOrItsLeaseHasPassed()
    {
        var cluster = await fixture.StartedAsync();
        var tenant = await fixture.NewTenantAsync();
        var quota = await QuotaOfAsync(tenant);
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<int>());
        var (a, frozen) = (new TestGateway(), new TestGateway
        {
            CountSlots = _ =>
            {
                asked.TrySetResult();
                return answer.Task;
            },
        });
        await a.RegisterAsync(cluster.Client);
        await frozen.RegisterAsync(cluster.Client);

        var first = quota.SyncAsync(a.Id, 3, 1).AsTask();
        await asked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var undecided = await first;
        fixture.Time.Advance(TimeSpan.FromSeconds(14));
        var decided = await quota.SyncAsync(a.Id, 3, 1);
        answer.SetResult(0);

        Assert.Equal(new SlotGrant(0, IsUndecided: true), undecided);
        Assert.Equal(new SlotGrant(1, IsUndecided: false), decided);
    }

    [Fact]
    public async Task Sync_Refuses_WhenAllSlotsAreConfirmed()
    {
        var (quota, a, b) = await NewGatewaysAsync(static _ => Task.FromResult(25));
        await quota.SyncAsync(b.Id, 0, 25);

        var refused = await quota.SyncAsync(a.Id, 0, 1);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), refused);
    }

    [Fact]
    public async Task Sync_Grants_WhenTheOtherGatewayHoldsLessThanItHasStated()
    {
        var (quota, a, b) = await NewGatewaysAsync(static _ => Task.FromResult(20));
        await quota.SyncAsync(b.Id, 0, 25);

        var granted = await quota.SyncAsync(a.Id, 0, 6);

        Assert.Equal(new SlotGrant(5, IsUndecided: false), granted);
        Assert.Equal(25, await quota.CountInUseAsync());
    }

    [Fact]
    public async Task Sync_RefusesNobody_WhileALostGatewaysSlotsAreKept()
    {
        var asked = new TaskCompletionSource();
        var (quota, a, lost) = await NewGatewaysAsync(_ =>
        {
            asked.TrySetResult();
            return new TaskCompletionSource<int>().Task;
        });
        await quota.SyncAsync(lost.Id, 0, 25);

        var first = quota.SyncAsync(a.Id, 0, 1).AsTask();
        await asked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        await AdvanceUntilCompletedAsync(first);
        var undecided = await first;
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        var granted = await quota.SyncAsync(a.Id, 0, 1);

        Assert.Equal(new SlotGrant(0, IsUndecided: true), undecided);
        Assert.Equal(new SlotGrant(1, IsUndecided: false), granted);
    }

    [Fact]
    public async Task Sync_TakesNothingBack_WhenTheOthersDoNotHoldAnyMoreWhatIsKeptForThem()
    {
        var (quota, back, _) = await NewOverfullAsync(static _ => Task.FromResult(3));

        var grant = await quota.SyncAsync(back.Id, 20, 0);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), grant);
        Assert.Equal(23, await quota.CountInUseAsync());
    }

    [Fact]
    public async Task Sync_TakesSlotsBack_OnceTheOthersHaveConfirmedThatTheyHoldThem()
    {
        var (asked, answer) = (new TaskCompletionSource(), new TaskCompletionSource<int>());
        var (quota, back, _) = await NewOverfullAsync(_ =>
        {
            asked.TrySetResult();
            return answer.Task;
        });

        var first = quota.SyncAsync(back.Id, 20, 0).AsTask();
        await asked.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        fixture.Time.Advance(TimeSpan.FromSeconds(1));
        var unconfirmed = await first;
        answer.SetResult(15);
        var confirmed = await quota.SyncAsync(back.Id, 20, 0);

        Assert.Equal(0, unconfirmed.Revoked);
        Assert.Equal(10, confirmed.Revoked);
    }

    /// <summary>
    /// A quota with a limit of 25 that was lost, a gateway, and one that lives and answers as given, but whose registration has
    /// lapsed.
    /// </summary>
    private async Task<(IPlanQuotaGrain Quota, TestGateway Live, TestGateway Forgotten)> NewLostAsync(Func<string, Task<int>> answer)
    {
        var cluster = await fixture.StartedAsync();
        var (quota, live, forgotten) = await NewGatewaysAsync(answer);
        fixture.Time.Advance(GatewayDirectoryGrain.Lease);
        await live.RegisterAsync(cluster.Client);
        await cluster.DeactivateAsync(quota);
        return (quota, live, forgotten);
    }

    private async Task AdvanceUntilCompletedAsync(Task<SlotGrant> answer) =>
        // The grain may not have begun to wait yet.
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromMilliseconds(50));
                return answer.IsCompleted;
            },
            "an answer");

    /// <summary>
    /// A quota with a limit of 25 that has given slots away to the second gateway, which answers as given, while the first
    /// was away and held 20.
    /// </summary>
    private async Task<(IPlanQuotaGrain Quota, TestGateway Back, TestGateway Other)> NewOverfullAsync(Func<string, Task<int>> answer)
    {
        var (quota, back, other) = await NewGatewaysAsync(answer);
        await quota.SyncAsync(back.Id, 0, 20);
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        var client = (await fixture.StartedAsync()).Client;
        await quota.SyncAsync(other.Id, 0, 15);
        await back.RegisterAsync(client);
        await other.RegisterAsync(client);
        return (quota, back, other);
    }

    /// <summary>A quota with a limit of 25 that knows two gateways, the second of which answers as given.</summary>
    private async Task<(IPlanQuotaGrain Quota, TestGateway First, TestGateway Second)> NewGatewaysAsync(Func<string, Task<int>> answer)
    {
        var cluster = await fixture.StartedAsync();
        var quota = await NewQuotaAsync();
        await quota.CountInUseAsync();
        var (first, second) = (new TestGateway(), new TestGateway { CountSlots = answer });
        await first.RegisterAsync(cluster.Client);
        await second.RegisterAsync(cluster.Client);
        return (quota, first, second);
    }

    private static IPlanQuotaGrain Quota(IClusterClient client, string tenantId) =>
        client.GetGrain<IPlanQuotaGrain>(tenantId);

    private async Task<IPlanQuotaGrain> NewQuotaAsync() => await QuotaOfAsync(await fixture.NewTenantAsync());

    private async Task<IPlanQuotaGrain> QuotaOfAsync(ITenantGrain tenant) =>
        Quota((await fixture.StartedAsync()).Client, tenant.GetPrimaryKeyString());
}
