using Orleans.Concurrency;

namespace Realtime.Users;

/// <summary>One user of one database. Its identity has a version that role changes and removal bump.</summary>
/// <remarks>Key: <see cref="UserKeys.User"/>.</remarks>
[Alias("realtime.IUserGrain")]
public interface IUserGrain : IGrainWithStringKey
{
    /// <summary>
    /// Creates the user and takes the e-mail for it. Creating it again with the same account and e-mail changes nothing.
    /// </summary>
    /// <param name="accountId">The account it belongs to, for good.</param>
    /// <param name="email">Lower-case e-mail; null for a root user that only its token names.</param>
    /// <param name="password">The password; only a hash is kept. Null: it can't log in.</param>
    /// <param name="role">0 to 100.</param>
    /// <returns>The user, or <see cref="RealtimeError.EmailInUse"/>.</returns>
    /// <exception cref="TemporarilyUnavailableException">Too many passwords wait for hashing.</exception>
    [Alias("Create"), ResponseTimeout("00:00:15")]
    ValueTask<Result<UserInfo>> CreateAsync(string accountId, string? email, string? password, int role);

    /// <summary>The user's current identity; null if it was removed or never existed.</summary>
    [Repeatable, Alias("GetIdentity"), AlwaysInterleave]
    ValueTask<CallerIdentity?> GetIdentityAsync();

    /// <summary>What account members see of the user; null if there is none.</summary>
    [Repeatable, Alias("Get"), AlwaysInterleave]
    ValueTask<UserInfo?> GetAsync();

    /// <summary>The identity, if the password is right; else null.</summary>
    /// <param name="password">The password as received.</param>
    /// <exception cref="TemporarilyUnavailableException">Too many passwords wait for hashing.</exception>
    [Repeatable, Alias("CheckPassword"), AlwaysInterleave, ResponseTimeout("00:00:15")]
    ValueTask<CallerIdentity?> CheckPasswordAsync(string password);

    /// <summary>Changes the e-mail, which stays unique in the database.</summary>
    /// <param name="email">The new one as received.</param>
    /// <returns>Null if it was changed, else the refusal.</returns>
    [Alias("ChangeEmail"), ResponseTimeout("00:00:10")]
    ValueTask<RealtimeError?> ChangeEmailAsync(string email);

    /// <summary>Changes the role and tells the gateways.</summary>
    /// <param name="role">0 to 100.</param>
    [Alias("SetRole"), ResponseTimeout("00:00:08")]
    ValueTask SetRoleAsync(int role);

    /// <summary>Removes the user: its tokens and live connections die, within a second.</summary>
    /// <returns>Whether there was one.</returns>
    [Alias("Remove"), ResponseTimeout("00:00:08")]
    ValueTask<bool> RemoveAsync();
}

/// <summary>What members of an account see of its users (protocol 3.2): never a hash, token or secret.</summary>
/// <param name="Id">Id of the user.</param>
/// <param name="AccountId">Its account.</param>
/// <param name="Email">Lower-case e-mail; empty if it has none.</param>
/// <param name="Role">0 to 100.</param>
/// <param name="Created">When it was created, UTC.</param>
[GenerateSerializer, Immutable, Alias("realtime.UserInfo")]
public sealed record UserInfo(string Id, string AccountId, string Email, int Role, DateTimeOffset Created);
