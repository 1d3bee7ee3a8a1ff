using System.Collections.Immutable;

namespace Realtime.Tenants;

/// <summary>State of a <see cref="TenantGrain"/>; no name: no tenant.</summary>
[GenerateSerializer, Immutable, Alias("realtime.TenantState")]
internal sealed record TenantState
{
    /// <summary>Name for people; null if the tenant was never made.</summary>
    [Id(0)]
    public string? Name { get; init; }

    /// <summary>Name of the plan.</summary>
    [Id(1)]
    public string Plan { get; init; } = "";

    /// <summary>Its databases, oldest first.</summary>
    [Id(2)]
    public ImmutableArray<TenantDatabase> Databases { get; init; } = [];

    /// <summary>Whether its deletion has begun.</summary>
    [Id(3)]
    public bool IsDeleted { get; init; }
}

/// <summary>One database of a tenant.</summary>
/// <param name="PublicKey">The key that clients name it by.</param>
/// <param name="Name">Name for people.</param>
/// <param name="IsReady">False while it is being made; listed already, so that deleting the tenant finds it.</param>
[GenerateSerializer, Immutable, Alias("realtime.TenantDatabase")]
internal sealed record TenantDatabase(string PublicKey, string Name, bool IsReady);
