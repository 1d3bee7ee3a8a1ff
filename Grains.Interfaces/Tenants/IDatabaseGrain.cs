using Orleans.Concurrency;

namespace Realtime.Tenants;

/// <summary>One database: which tenant owns it, and its root token.</summary>
/// <remarks>Key: <see cref="GrainKey.Encode"/> of the public key.</remarks>
[Alias("realtime.IDatabaseGrain")]
public interface IDatabaseGrain : IGrainWithStringKey
{
    /// <summary>Creates the database with a root user, for its tenant's grain.</summary>
    /// <param name="tenantId">The owner.</param>
    /// <param name="seed">Well-known values of the development environment, or null for random ones.</param>
    /// <returns>The root token, whole.</returns>
    [Alias("Create"), ResponseTimeout("00:00:15")]
    ValueTask<string> CreateAsync(string tenantId, DatabaseSeed? seed);

    /// <summary>Id of the tenant that owns the database; null if there is no such database.</summary>
    [Repeatable, Alias("GetTenant"), AlwaysInterleave]
    ValueTask<string?> GetTenantAsync();

    /// <summary>The root user, if the token is the current root token; else null.</summary>
    /// <param name="rootToken">The token as received.</param>
    [Repeatable, Alias("VerifyRoot"), AlwaysInterleave]
    ValueTask<CallerIdentity?> VerifyRootAsync(string rootToken);

    /// <summary>Replaces the root token; the old one is dead at once. Null if there is no such database.</summary>
    [Alias("RotateRoot"), ResponseTimeout("00:00:10")]
    ValueTask<string?> RotateRootAsync();

    /// <summary>Deletes all documents that a user owns, in every repository; their readers get the events.</summary>
    /// <param name="userId">The owner.</param>
    [Alias("DeleteDocumentsOf"), ResponseTimeout("00:10:00")]
    ValueTask DeleteDocumentsOfAsync(string userId);

    /// <summary>
    /// Deletes the database with its users and documents, and ends its connections. Its key is unknown at once; asking
    /// again continues what was interrupted.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    [Alias("Delete"), ResponseTimeout("00:10:00")]
    ValueTask<bool> DeleteAsync();
}
