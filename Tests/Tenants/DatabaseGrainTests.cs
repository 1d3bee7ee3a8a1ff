using Realtime.Tenants;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Tenants;

[Collection(typeof(OnGrainCluster))]
public sealed class DatabaseGrainTests(GrainCluster fixture)
{
    [Fact]
    public async Task VerifyRoot_KnowsTheToken_AndNoOther()
    {
        var database = await fixture.NewDatabaseAsync();

        var root = await database.Grain.VerifyRootAsync(database.RootToken);
        var parts = database.RootToken.Split('|');

        Assert.Equal([root?.UserId, root?.AccountId], parts[..2]);
        Assert.Equal(CallerIdentity.RootRole, root?.Role);
        Assert.Null(await database.Grain.VerifyRootAsync(database.RootToken + "x"));
        Assert.Null(await database.Grain.VerifyRootAsync(""));
        Assert.Null(await database.Grain.VerifyRootAsync((await fixture.NewDatabaseAsync()).RootToken));
    }

    [Fact]
    public async Task RotateRoot_KillsTheOldToken_AtOnce()
    {
        var database = await fixture.NewDatabaseAsync();

        var next = await database.Grain.RotateRootAsync();

        Assert.Null(await database.Grain.VerifyRootAsync(database.RootToken));
        Assert.NotNull(await database.Grain.VerifyRootAsync(next!));
    }

    [Fact]
    public async Task RotateRoot_GivesNothing_WhenThereIsNoDatabase()
    {
        var client = (await fixture.StartedAsync()).Client;

        Assert.Null(await client.GetGrain<IDatabaseGrain>("nosuchdatabase").RotateRootAsync());
    }

    [Fact]
    public async Task Seed_GivesTheWellKnownTokenAndAdmin_HoweverOften()
    {
        var tenant = await fixture.NewTenantAsync();
        var seed = new DatabaseSeed($"dev_{Identifiers.NewId()}", "safe-to-use-in-dev-root-token", "admin@dev.com", "devpw1234");

        await tenant.SeedDatabaseAsync(seed);
        await tenant.SeedDatabaseAsync(seed);
        var database = new GrainDatabase((await fixture.StartedAsync()).Client, tenant, seed.PublicKey, seed.RootToken);
        var root = await database.Grain.VerifyRootAsync(seed.RootToken);

        Assert.Equal(CallerIdentity.RootRole, root?.Role);
        Assert.Equal(root, await database.Email(seed.AdminEmail).LoginAsync(seed.AdminPassword));
        Assert.Equal([seed.PublicKey], (await tenant.GetAsync())!.Databases.Select(d => d.PublicKey));
    }

    [Fact]
    public async Task Create_GoesOnWithTheSameRootUser_WhenAskedAgain()
    {
        var database = await fixture.NewDatabaseAsync();

        var again = await database.Grain.CreateAsync(database.Tenant.GetPrimaryKeyString(), seed: null);

        Assert.Equal(database.RootToken.Split('|')[..2], again.Split('|')[..2]);
        await Assert.ThrowsAnyAsync<InvalidOperationException>(async () => await database.Grain.CreateAsync("other", null));
    }

    [Fact]
    public async Task Delete_RemovesUsersDocumentsAndConnections()
    {
        var database = await fixture.NewDatabaseAsync();
        var email = GrainDatabase.NewEmail();
        var users = await Task.WhenAll(
            database.RegisterAsync(email),
            database.RegisterAsync(),
            database.RegisterAsync());
        var gateway = new TestGateway();
        await gateway.RegisterAsync(database.Client);

        var isDeleted = await database.Grain.DeleteAsync();

        Assert.True(isDeleted);
        Assert.Null(await database.Grain.GetTenantAsync());
        Assert.Null(await database.Grain.VerifyRootAsync(database.RootToken));
        Assert.Equal([database.PublicKey], gateway.Told);
        Assert.Contains(database.PublicKey, fixture.DeletedDocuments);
        Assert.Empty((await database.Tenant.GetAsync())!.Databases);
        Assert.Null(await database.Email(email).LoginAsync(GrainDatabase.Password));
        Assert.All(await Task.WhenAll(users.Select(u => database.User(u.UserId).GetAsync().AsTask())), Assert.Null);
        Assert.Equal(RealtimeError.InvalidPublicKey, (await database.TryRegisterAsync(email)).Error);
        Assert.False(await database.Grain.DeleteAsync());
    }

    [Fact]
    public async Task Delete_Continues_WhenItWasInterrupted()
    {
        var database = await fixture.NewDatabaseAsync();
        fixture.FailingDocuments[database.PublicKey] = true;

        await Assert.ThrowsAsync<InvalidOperationException>(async () => await database.Grain.DeleteAsync());
        var tenant = await database.Grain.GetTenantAsync();
        var isDeleted = await database.Grain.DeleteAsync();

        Assert.Null(tenant);
        Assert.True(isDeleted);
        Assert.Contains(database.PublicKey, fixture.DeletedDocuments);
    }

    [Fact]
    public async Task State_IsRead_WhenTheGrainsWereLost()
    {
        var cluster = await fixture.StartedAsync();
        var database = await fixture.NewDatabaseAsync();
        var email = GrainDatabase.NewEmail();
        var user = await database.RegisterAsync(email);
        IAddressable[] grains =
        [
            database.Tenant,
            database.Grain,
            database.User(user.UserId),
            database.Account(user.AccountId),
            database.Email(email),
        ];

        foreach (var grain in grains)
        {
            await cluster.DeactivateAsync(grain);
        }

        Assert.Equal(user, await database.Email(email).LoginAsync(GrainDatabase.Password));
        Assert.NotNull(await database.Grain.VerifyRootAsync(database.RootToken));
        Assert.Single(await database.Account(user.AccountId).GetUsersAsync());
        Assert.Single((await database.Tenant.GetAsync())!.Databases);
    }
}
