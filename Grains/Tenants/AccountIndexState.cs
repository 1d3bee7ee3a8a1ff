using System.Collections.Immutable;

namespace Realtime.Tenants;

/// <summary>State of an <see cref="AccountIndexGrain"/>.</summary>
[GenerateSerializer, Immutable, Alias("realtime.AccountIndexState")]
internal sealed record AccountIndexState
{
    /// <summary>Ids of the accounts.</summary>
    [Id(0)]
    public ImmutableArray<string> AccountIds { get; init; } = [];
}
