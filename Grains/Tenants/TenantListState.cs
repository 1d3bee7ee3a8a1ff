using System.Collections.Immutable;

namespace Realtime.Tenants;

/// <summary>State of the <see cref="TenantListGrain"/>.</summary>
[GenerateSerializer, Immutable, Alias("realtime.TenantListState")]
internal sealed record TenantListState
{
    /// <summary>Ids, oldest first; among them some that never became a tenant.</summary>
    [Id(0)]
    public ImmutableArray<string> TenantIds { get; init; } = [];
}
