using Realtime.Tenants;
using Realtime.Users;

namespace Realtime.Tests.Infrastructure;

/// <summary>A database in the test cluster.</summary>
public sealed record GrainDatabase(IClusterClient Client, ITenantGrain Tenant, string PublicKey, string RootToken)
{
    public const string Password = "correct horse";

    public IDatabaseGrain Grain => Client.GetGrain<IDatabaseGrain>(GrainKey.Encode(PublicKey));

    public static string NewEmail() => $"{Identifiers.NewId()}@example.com";

    public IUserGrain User(string userId) => Client.GetGrain<IUserGrain>(UserKeys.User(PublicKey, userId));

    public IAccountGrain Account(string accountId) =>
        Client.GetGrain<IAccountGrain>(UserKeys.Account(PublicKey, accountId));

    public IEmailGrain Email(string email) => Client.GetGrain<IEmailGrain>(UserKeys.Email(PublicKey, email));

    /// <summary>Registers in a new account.</summary>
    public ValueTask<Result<CallerIdentity>> TryRegisterAsync(string email, string password = Password) =>
        Account(Identifiers.NewId()).RegisterAsync(email, password);

    /// <summary>Registers in a new account and expects it to succeed.</summary>
    public async Task<CallerIdentity> RegisterAsync(string? email = null)
    {
        var result = await TryRegisterAsync(email ?? NewEmail());
        Assert.Null(result.Error);
        return result.Value!;
    }
}
