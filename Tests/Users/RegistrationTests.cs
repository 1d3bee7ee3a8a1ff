using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Users;

[Collection(typeof(OnGrainCluster))]
public sealed class RegistrationTests(GrainCluster fixture)
{
    [Fact]
    public async Task Register_GivesANewAccountWithRole50()
    {
        var database = await fixture.NewDatabaseAsync();

        var identity = await database.RegisterAsync("Ann@Example.com ");
        var user = await database.User(identity.UserId).GetAsync();

        Assert.Equal((database.PublicKey, 50, 1L), (identity.Database, identity.Role, identity.Version));
        Assert.Equal("ann@example.com", user?.Email);
        Assert.Equal([user!], await database.Account(identity.AccountId).GetUsersAsync());
    }

    [Fact]
    public async Task Register_SucceedsOnce_WhenFiftyTryTheSameEmail()
    {
        var database = await fixture.NewDatabaseAsync();
        var email = GrainDatabase.NewEmail();

        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(_ => database.TryRegisterAsync(email).AsTask()));

        Assert.Single(results, static result => result.Error is null);
        Assert.Equal(49, results.Count(static result => result.Error == RealtimeError.InvalidEmail));
    }

    [Fact]
    public async Task Register_IsRefused_WhenEmailIsMalformed()
    {
        var database = await fixture.NewDatabaseAsync();

        var result = await database.TryRegisterAsync("no address");

        Assert.Equal(RealtimeError.InvalidEmail, result.Error);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1025)]
    public async Task Register_IsRefused_WhenPasswordIsEmptyOrTooLong(int length)
    {
        var database = await fixture.NewDatabaseAsync();

        var result = await database.TryRegisterAsync(GrainDatabase.NewEmail(), new string('x', length));

        Assert.Equal(RealtimeError.InvalidPassword, result.Error);
    }

    [Fact]
    public async Task Register_IsRefused_WhenThereIsNoSuchDatabase()
    {
        var database = (await fixture.NewDatabaseAsync()) with { PublicKey = "unknown" };

        var result = await database.TryRegisterAsync(GrainDatabase.NewEmail());

        Assert.Equal(RealtimeError.InvalidPublicKey, result.Error);
    }

    [Fact]
    public async Task Register_IsIndependent_WhenAnotherDatabaseHasTheEmail()
    {
        var email = GrainDatabase.NewEmail();
        await (await fixture.NewDatabaseAsync()).RegisterAsync(email);

        var result = await (await fixture.NewDatabaseAsync()).TryRegisterAsync(email);

        Assert.Null(result.Error);
    }

    [Fact]
    public async Task Reservation_Lapses_WhenNoUserFollowsWithinAMinute()
    {
        var database = await fixture.NewDatabaseAsync();
        var email = GrainDatabase.NewEmail();
        await database.Email(email).ReserveAsync("crashed", email);

        var before = await database.TryRegisterAsync(email);
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        var after = await database.TryRegisterAsync(email);

        Assert.Equal(RealtimeError.InvalidEmail, before.Error);
        Assert.Null(after.Error);
    }

    [Fact]
    public async Task Reservation_Holds_WhenTheUserHasTheEmail()
    {
        var database = await fixture.NewDatabaseAsync();
        var email = GrainDatabase.NewEmail();
        await database.RegisterAsync(email);
        fixture.Time.Advance(TimeSpan.FromMinutes(2));

        var isReserved = await database.Email(email).ReserveAsync("other", email);

        Assert.False(isReserved);
    }

    [Fact]
    public async Task AddUser_GivesRole0_AndRefusesATakenEmail()
    {
        var database = await fixture.NewDatabaseAsync();
        var account = database.Account((await database.RegisterAsync()).AccountId);
        var email = GrainDatabase.NewEmail();

        var added = await account.AddUserAsync(email, GrainDatabase.Password);
        var again = await account.AddUserAsync(email, GrainDatabase.Password);
        var malformed = await account.AddUserAsync("@", GrainDatabase.Password);

        Assert.Equal(0, added.Value?.Role);
        Assert.Equal(RealtimeError.EmailInUse, again.Error);
        Assert.Equal(RealtimeError.InvalidEmail, malformed.Error);
        Assert.Equal(2, (await account.GetUsersAsync()).Length);
    }

    [Fact]
    public async Task Login_FindsTheUser_OnlyWithTheRightPassword()
    {
        var database = await fixture.NewDatabaseAsync();
        var email = GrainDatabase.NewEmail();
        var identity = await database.RegisterAsync(email);

        var right = await database.Email(email).LoginAsync(GrainDatabase.Password);
        var wrong = await database.Email(email).LoginAsync("wrong");
        var unknown = await database.Email(GrainDatabase.NewEmail()).LoginAsync(GrainDatabase.Password);

        Assert.Equal(identity, right);
        Assert.Null(wrong);
        Assert.Null(unknown);
    }

    [Fact]
    public async Task ChangeEmail_MovesTheLogin_AndFreesTheFormerOne()
    {
        var database = await fixture.NewDatabaseAsync();
        var (former, next) = (GrainDatabase.NewEmail(), GrainDatabase.NewEmail());
        var identity = await database.RegisterAsync(former);

        var error = await database.User(identity.UserId).ChangeEmailAsync(next);

        Assert.Null(error);
        Assert.Equal(identity, await database.Email(next).LoginAsync(GrainDatabase.Password));
        Assert.Null(await database.Email(former).LoginAsync(GrainDatabase.Password));
        Assert.Null((await database.TryRegisterAsync(former)).Error);
    }

    [Fact]
    public async Task ChangeEmail_IsRefused_WhenTakenOrMalformed()
    {
        var database = await fixture.NewDatabaseAsync();
        var taken = GrainDatabase.NewEmail();
        await database.RegisterAsync(taken);
        var user = database.User((await database.RegisterAsync()).UserId);

        Assert.Equal(RealtimeError.EmailInUse, await user.ChangeEmailAsync(taken));
        Assert.Equal(RealtimeError.InvalidEmail, await user.ChangeEmailAsync("nothing"));
    }

    [Fact]
    public async Task ChangeEmail_LeavesNobodyLocked_WhenTwoUsersSwapAtOnce()
    {
        var database = await fixture.NewDatabaseAsync();
        var (emailA, emailB) = (GrainDatabase.NewEmail(), GrainDatabase.NewEmail());
        var userA = database.User((await database.RegisterAsync(emailA)).UserId);
        var userB = database.User((await database.RegisterAsync(emailB)).UserId);
        fixture.Time.Advance(TimeSpan.FromMinutes(2));

        var errors = await Task.WhenAll(userA.ChangeEmailAsync(emailB).AsTask(), userB.ChangeEmailAsync(emailA).AsTask());

        Assert.Contains(RealtimeError.EmailInUse, errors);
        Assert.NotEqual((await userA.GetAsync())?.Email, (await userB.GetAsync())?.Email);
    }
}
