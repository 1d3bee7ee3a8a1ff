using System.Collections.Immutable;

namespace Realtime.Users;

/// <summary>State of an <see cref="AccountGrain"/>.</summary>
[GenerateSerializer, Immutable, Alias("realtime.AccountState")]
internal sealed record AccountState
{
    /// <summary>Whether the account was made.</summary>
    [Id(0)]
    public bool Exists { get; init; }

    /// <summary>Its users, oldest first; among them some that came to nothing.</summary>
    [Id(1)]
    public ImmutableArray<string> UserIds { get; init; } = [];
}
