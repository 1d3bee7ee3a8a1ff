using Orleans.Concurrency;

namespace Realtime.Users;

/// <summary>Makes an e-mail unique in a database and leads a login to its user.</summary>
/// <remarks>Key: <see cref="UserKeys.Email"/>.</remarks>
[Alias("realtime.IEmailGrain")]
public interface IEmailGrain : IGrainWithStringKey
{
    /// <summary>
    /// Reserves the e-mail for a user, who has a minute to make it his current one: a reservation without a user
    /// lapses, so that a crash between the two steps blocks no address.
    /// </summary>
    /// <param name="userId">The user.</param>
    /// <param name="email">The lower-case e-mail itself; the key holds only its hash.</param>
    /// <returns>False if another user has it.</returns>
    [Alias("Reserve")]
    ValueTask<bool> ReserveAsync(string userId, string email);

    /// <summary>Gives the e-mail back, if it is reserved for that user and no longer his current one.</summary>
    /// <param name="userId">The user.</param>
    [Alias("Release")]
    ValueTask ReleaseAsync(string userId);

    /// <summary>The user whose current e-mail this is, or null.</summary>
    [Repeatable, Alias("GetUser"), AlwaysInterleave]
    ValueTask<string?> GetUserAsync();

    /// <summary>
    /// The identity of the user with this e-mail and password; null otherwise, after the same amount of work whether
    /// or not the e-mail exists.
    /// </summary>
    /// <param name="password">As received.</param>
    /// <exception cref="TemporarilyUnavailableException">Too many passwords wait for hashing.</exception>
    [Repeatable, Alias("Login"), AlwaysInterleave, ResponseTimeout("00:00:15")]
    ValueTask<CallerIdentity?> LoginAsync(string password);
}
