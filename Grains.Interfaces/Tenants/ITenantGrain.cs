using System.Collections.Immutable;
using Orleans.Concurrency;

namespace Realtime.Tenants;

/// <summary>One customer: its plan and its databases (protocol 8).</summary>
/// <remarks>Key: the tenant's id.</remarks>
[Alias("realtime.ITenantGrain")]
public interface ITenantGrain : IGrainWithStringKey
{
    /// <summary>Creates the tenant. Creating it again with the same name and plan changes nothing.</summary>
    /// <param name="name">Name for people.</param>
    /// <param name="plan">A configured plan.</param>
    /// <returns>The tenant, or an error if the plan or name isn't valid.</returns>
    [Repeatable, Alias("Create"), ResponseTimeout("00:00:10")]
    ValueTask<Result<TenantInfo>> CreateAsync(string name, string plan);

    /// <summary>The tenant, or null if there is none.</summary>
    [Repeatable, Alias("Get"), AlwaysInterleave]
    ValueTask<TenantInfo?> GetAsync();

    /// <summary>Changes the plan, at once and cluster-wide. Existing connections stay (protocol 4).</summary>
    /// <param name="plan">A configured plan.</param>
    [Repeatable, Alias("SetPlan"), ResponseTimeout("00:00:10")]
    ValueTask<Result<TenantInfo>> SetPlanAsync(string plan);

    /// <summary>Creates a database of this tenant.</summary>
    /// <param name="name">Name for people.</param>
    /// <returns>The public key and the root token, which is shown this once and stored only as a hash.</returns>
    [Alias("CreateDatabase"), ResponseTimeout("00:00:15")]
    ValueTask<Result<DatabaseCredentials>> CreateDatabaseAsync(string name);

    /// <summary>Forgets a database that was deleted.</summary>
    /// <param name="publicKey">Its key.</param>
    [Alias("ForgetDatabase"), AlwaysInterleave]
    ValueTask ForgetDatabaseAsync(string publicKey);

    /// <summary>Creates the well-known database of the development environment, if it isn't there.</summary>
    /// <param name="seed">Its well-known key, user and secret.</param>
    [Alias("SeedDatabase"), ResponseTimeout("00:00:15")]
    ValueTask SeedDatabaseAsync(DatabaseSeed seed);

    /// <summary>
    /// Deletes the tenant with its databases, users and documents, and ends its connections. Asking again continues
    /// what was interrupted.
    /// </summary>
    /// <returns>Whether there was one.</returns>
    [Alias("Delete"), ResponseTimeout("00:10:00")]
    ValueTask<bool> DeleteAsync();
}

/// <summary>Lists the tenants. There is one such grain: key <see cref="Key"/>.</summary>
[Alias("realtime.ITenantListGrain")]
public interface ITenantListGrain : IGrainWithIntegerKey
{
    /// <summary>The key of the one instance.</summary>
    const long Key = 0;

    /// <summary>All tenants, oldest first.</summary>
    [Repeatable, Alias("Get"), ResponseTimeout("00:00:30")]
    ValueTask<ImmutableArray<TenantInfo>> GetAsync();

    /// <summary>Adds a tenant to the list.</summary>
    /// <param name="tenantId">The tenant.</param>
    [Alias("Add")]
    ValueTask AddAsync(string tenantId);

    /// <summary>Takes a tenant off the list.</summary>
    /// <param name="tenantId">The tenant.</param>
    [Alias("Remove")]
    ValueTask RemoveAsync(string tenantId);
}

/// <summary>What is known of a tenant.</summary>
/// <param name="Id">Id of the tenant.</param>
/// <param name="Name">Name for people.</param>
/// <param name="Plan">Name of its plan.</param>
/// <param name="Limit">Concurrent connections that the plan allows.</param>
/// <param name="Databases">Its databases, oldest first.</param>
[GenerateSerializer, Immutable, Alias("realtime.TenantInfo")]
public sealed record TenantInfo(string Id, string Name, string Plan, int Limit, ImmutableArray<DatabaseName> Databases);

/// <summary>A database in a tenant's list.</summary>
/// <param name="PublicKey">The key that clients name it by.</param>
/// <param name="Name">Name for people.</param>
[GenerateSerializer, Immutable, Alias("realtime.DatabaseName")]
public sealed record DatabaseName(string PublicKey, string Name);

/// <summary>What the creator of a database gets, once.</summary>
/// <param name="PublicKey">The key that clients name it by.</param>
/// <param name="RootToken"><c>userId|accountId|secret</c> of a user with role 100.</param>
[GenerateSerializer, Immutable, Alias("realtime.DatabaseCredentials")]
public sealed record DatabaseCredentials(string PublicKey, string RootToken);

/// <summary>The well-known database of the development environment (protocol 8).</summary>
/// <param name="PublicKey">Its key.</param>
/// <param name="RootToken">Its root token, whole.</param>
/// <param name="AdminEmail">E-mail of its user with role 100.</param>
/// <param name="AdminPassword">Password of that user.</param>
[GenerateSerializer, Immutable, Alias("realtime.DatabaseSeed")]
public sealed record DatabaseSeed(string PublicKey, string RootToken, string AdminEmail, string AdminPassword);
