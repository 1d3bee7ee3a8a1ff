using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Realtime.Users;

/// <summary>One account of one database: the users that share documents by the account's permission digit.</summary>
/// <remarks>Key: <see cref="UserKeys.Account"/>.</remarks>
[Alias("realtime.IAccountGrain")]
public interface IAccountGrain : IGrainWithStringKey
{
    /// <summary>Registers a new account with its first user, whose role is 50 (protocol 3.2).</summary>
    /// <param name="email">As received.</param>
    /// <param name="password">As received; 1 to 1,024 UTF-16 units.</param>
    /// <returns>The outcome; <see cref="RealtimeError.TemporarilyUnavailable"/> if too many passwords wait for hashing.</returns>
    [Alias("Register"), ResponseTimeout("00:00:15")]
    ValueTask<Result<CallerIdentity>> RegisterAsync(string email, string password);

    /// <summary>Creates the account of a database's root user.</summary>
    /// <param name="userId">Id of the root user.</param>
    /// <param name="email">E-mail it can log in with, or null.</param>
    /// <param name="password">Its password, or null.</param>
    [Alias("SeedRoot"), ResponseTimeout("00:00:15")]
    ValueTask SeedRootAsync(string userId, string? email, string? password);

    /// <summary>Adds a user with role 0 to the caller's account (protocol 3.2).</summary>
    /// <param name="email">As received; 400 <c>email already in use</c> when taken.</param>
    /// <param name="password">As received; 1 to 1,024 UTF-16 units.</param>
    /// <returns>The outcome; <see cref="RealtimeError.TemporarilyUnavailable"/> if too many passwords wait for hashing.</returns>
    [Alias("AddUser"), ResponseTimeout("00:00:15")]
    ValueTask<Result<UserInfo>> AddUserAsync(string email, string password);

    /// <summary>The account's users, oldest first.</summary>
    [Repeatable, Alias("GetUsers"), AlwaysInterleave]
    ValueTask<ImmutableArray<UserInfo>> GetUsersAsync();

    /// <summary>Removes a user of this account on behalf of a caller of the same account (protocol 3.2).</summary>
    /// <param name="caller">Who asks; its role must not be below the user's.</param>
    /// <param name="userId">The user.</param>
    [Alias("RemoveUser"), ResponseTimeout("00:00:10")]
    ValueTask<RealtimeError?> RemoveUserAsync(CallerIdentity caller, string userId);

    /// <summary>Changes the role of a user of this account (protocol 3.2): caller at least 50, never above its own.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="email">The user's e-mail as received.</param>
    /// <param name="role">0 to 100.</param>
    [Alias("SetRole"), ResponseTimeout("00:00:10")]
    ValueTask<RealtimeError?> SetRoleAsync(CallerIdentity caller, string email, int role);

    /// <summary>Takes a removed user off the list.</summary>
    /// <param name="userId">The user.</param>
    [Alias("ForgetUser"), AlwaysInterleave]
    ValueTask ForgetUserAsync(string userId);

    /// <summary>Removes all users, when the database is deleted.</summary>
    [Alias("Delete"), ResponseTimeout("00:05:00")]
    ValueTask DeleteAsync();
}
