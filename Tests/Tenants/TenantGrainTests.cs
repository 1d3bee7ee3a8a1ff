using Realtime.Quotas;
using Realtime.Tenants;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Tenants;

[Collection(typeof(OnGrainCluster))]
public sealed class TenantGrainTests(GrainCluster fixture)
{
    [Fact]
    public async Task Create_IsTheSame_WhenAskedAgain_AndRefused_WhenDifferent()
    {
        var tenant = await fixture.NewTenantAsync("Idea");

        var again = await tenant.CreateAsync("acme", "idea");
        var other = await tenant.CreateAsync("other", "idea");

        Assert.Equal(("idea", 25), (again.Value?.Plan, again.Value?.Limit));
        Assert.Equal(400, other.Error?.Status);
    }

    [Fact]
    public async Task Create_IsRefused_WhenPlanOrNameIsInvalid()
    {
        var tenant = (await fixture.StartedAsync()).Client.GetGrain<ITenantGrain>(Identifiers.NewId());

        Assert.Equal(400, (await tenant.CreateAsync("acme", "gold")).Error?.Status);
        Assert.Equal(400, (await tenant.CreateAsync(" ", "idea")).Error?.Status);
        Assert.Null(await tenant.GetAsync());
    }

    [Fact]
    public async Task List_ShowsMadeTenants_AndNoneThatIsHalfMade()
    {
        var first = await fixture.NewTenantAsync();
        var second = await fixture.NewTenantAsync();
        var list = (await fixture.StartedAsync()).Client.GetGrain<ITenantListGrain>(ITenantListGrain.Key);
        var halfMade = Identifiers.NewId();
        await list.AddAsync(halfMade);

        var ids = (await list.GetAsync()).Select(static tenant => tenant.Id).ToList();

        Assert.DoesNotContain(halfMade, ids);
        Assert.True(ids.IndexOf(first.GetPrimaryKeyString()) < ids.IndexOf(second.GetPrimaryKeyString()));
        Assert.Contains(first.GetPrimaryKeyString(), ids);
    }

    [Fact]
    public async Task Delete_RemovesDatabases_TheListEntry_AndThePlan()
    {
        var database = await fixture.NewDatabaseAsync();
        var second = await database.Tenant.CreateDatabaseAsync("second");
        var tenantId = database.Tenant.GetPrimaryKeyString();
        var quota = database.Client.GetGrain<IPlanQuotaGrain>(tenantId);
        await quota.SyncAsync("a", 0, 1);

        var isDeleted = await database.Tenant.DeleteAsync();

        Assert.True(isDeleted);
        Assert.False(await database.Tenant.DeleteAsync());
        Assert.Null(await database.Tenant.GetAsync());
        Assert.Null(await database.Grain.GetTenantAsync());
        Assert.Null(await (database with { PublicKey = second.Value!.PublicKey }).Grain.GetTenantAsync());
        Assert.Equal(0, (await quota.SyncAsync("a", 1, 1)).Granted);
        var list = database.Client.GetGrain<ITenantListGrain>(ITenantListGrain.Key);
        Assert.DoesNotContain(await list.GetAsync(), tenant => tenant.Id == tenantId);
    }

    [Fact]
    public async Task Delete_Ends_WhenOneOfItsDatabasesIsDeletedAtTheSameTime()
    {
        var database = await fixture.NewDatabaseAsync();

        await Task.WhenAll(database.Grain.DeleteAsync().AsTask(), database.Tenant.DeleteAsync().AsTask())
            .WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Assert.Null(await database.Tenant.GetAsync());
        Assert.Null(await database.Grain.GetTenantAsync());
    }

    [Fact]
    public void Plans_MergeWithTheDefaults_WhenConfigured()
    {
        var options = new PlanOptions();
        var section = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Idea", "30"), new("test", "3")])
            .Build();

        section.Bind(options.Limits);

        Assert.Equal((30, 3, 150), (options.Limits["idea"], options.Limits["test"], options.Limits["launch"]));
        Assert.True(new PlanOptionsValidator().Validate(null, options).Succeeded);
    }

    [Fact]
    public void Plans_AreRefused_WhenALimitIsNegative()
    {
        var options = new PlanOptions { Limits = { ["idea"] = -1 } };

        var result = new PlanOptionsValidator().Validate(null, options);

        Assert.Equal("Realtime:Plans:idea must be a number between 0 and 10000000.", result.FailureMessage);
    }
}
