using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Users;

[Collection(typeof(OnGrainCluster))]
public sealed class RoleTests(GrainCluster fixture)
{
    [Fact]
    public async Task SetRole_BumpsTheVersion_AndTellsTheGateways()
    {
        var (database, owner, member) = await NewAccountAsync();
        var gateway = new TestGateway();
        await gateway.RegisterAsync(database.Client);

        var error = await database.Account(owner.AccountId).SetRoleAsync(owner, await EmailAsync(database, member), 40);
        var identity = await database.User(member).GetIdentityAsync();

        Assert.Null(error);
        Assert.Equal((40, 2L), (identity?.Role, identity?.Version));
        Assert.Equal([$"{database.PublicKey}/{member}"], gateway.Told);
    }

    [Theory]
    [InlineData(49, 10, 401)]
    [InlineData(50, 51, 403)]
    [InlineData(50, 101, 400)]
    [InlineData(50, -1, 400)]
    [InlineData(50, 50, null)]
    public async Task SetRole_FollowsTheCallersRole(int callerRole, int role, int? status)
    {
        var (database, owner, member) = await NewAccountAsync();

        var error = await database.Account(owner.AccountId)
            .SetRoleAsync(owner with { Role = callerRole }, await EmailAsync(database, member), role);

        Assert.Equal(status, error?.Status);
    }

    [Fact]
    public async Task SetRole_IsRefused_WhenTheUserRanksHigher()
    {
        var (database, owner, member) = await NewAccountAsync();
        await database.User(member).SetRoleAsync(60);

        var error = await database.Account(owner.AccountId).SetRoleAsync(owner, await EmailAsync(database, member), 10);

        Assert.Equal(RealtimeError.NotAuthorized, error);
    }

    [Fact]
    public async Task SetRole_FindsNobody_WhenTheUserIsOfAnotherAccount()
    {
        var (database, owner, _) = await NewAccountAsync();
        var stranger = GrainDatabase.NewEmail();
        await database.RegisterAsync(stranger);

        var error = await database.Account(owner.AccountId).SetRoleAsync(owner, stranger, 10);

        Assert.Equal(RealtimeError.UserNotFound, error);
    }

    [Fact]
    public async Task RemoveUser_LeavesATombstone_FreesTheEmail_AndTellsTheGateways()
    {
        var (database, owner, member) = await NewAccountAsync();
        var email = await EmailAsync(database, member);
        var gateway = new TestGateway();
        await gateway.RegisterAsync(database.Client);

        var error = await database.Account(owner.AccountId).RemoveUserAsync(owner, member);

        Assert.Null(error);
        Assert.Null(await database.User(member).GetIdentityAsync());
        Assert.Null(await database.User(member).GetAsync());
        Assert.Null(await database.Email(email).LoginAsync(GrainDatabase.Password));
        Assert.Equal([$"{database.PublicKey}/{member}"], gateway.Told);
        Assert.Single(await database.Account(owner.AccountId).GetUsersAsync());
        Assert.Null((await database.TryRegisterAsync(email)).Error);
    }

    [Fact]
    public async Task RemoveUser_IsRefused_WhenTheCallerRanksLowerOrIsOfAnotherAccount()
    {
        var (database, owner, member) = await NewAccountAsync();
        var lower = (await database.User(member).GetIdentityAsync())!;
        var stranger = await database.RegisterAsync();
        var account = database.Account(owner.AccountId);

        Assert.Equal(RealtimeError.PermissionTooLow, await account.RemoveUserAsync(lower, owner.UserId));
        Assert.Equal(RealtimeError.UserNotFound, await account.RemoveUserAsync(stranger, member));
        Assert.Equal(RealtimeError.UserNotFound, await account.RemoveUserAsync(owner, stranger.UserId));
    }

    [Fact]
    public async Task Remove_TakesTheUserOffItsAccount_WhenTheOperatorAsks()
    {
        var (database, owner, member) = await NewAccountAsync();

        var first = await database.User(member).RemoveAsync();
        var second = await database.User(member).RemoveAsync();

        Assert.True(first);
        Assert.False(second);
        Assert.Equal([owner.UserId], (await database.Account(owner.AccountId).GetUsersAsync()).Select(u => u.Id));
    }

    private static async Task<string> EmailAsync(GrainDatabase database, string userId) =>
        (await database.User(userId).GetAsync())!.Email;

    private async Task<(GrainDatabase Database, CallerIdentity Owner, string Member)> NewAccountAsync()
    {
        var database = await fixture.NewDatabaseAsync();
        var owner = await database.RegisterAsync();
        var member = await database.Account(owner.AccountId).AddUserAsync(GrainDatabase.NewEmail(), GrainDatabase.Password);
        return (database, owner, member.Value!.Id);
    }
}
