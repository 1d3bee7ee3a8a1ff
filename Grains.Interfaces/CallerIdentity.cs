namespace Realtime;

/// <summary>Who a request or connection acts as: one user of one database.</summary>
/// <param name="Database">Public key of the database.</param>
/// <param name="AccountId">The user's current account.</param>
/// <param name="UserId">The user.</param>
/// <param name="Role">0 to 100; <see cref="RootRole"/> passes every permission check (protocol 2.1).</param>
/// <param name="Version">Counts the user's role changes; a cached identity of a lower version is stale.</param>
[GenerateSerializer, Immutable, Alias("realtime.CallerIdentity")]
public sealed record CallerIdentity(string Database, string AccountId, string UserId, int Role, long Version)
{
    /// <summary>The role that passes every permission check.</summary>
    public const int RootRole = 100;

    /// <summary>Whether the caller passes every permission check.</summary>
    public bool IsRoot => Role >= RootRole;
}
