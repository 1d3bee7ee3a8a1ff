namespace Realtime.Tenants;

/// <summary>State of a <see cref="DatabaseGrain"/>; no tenant: no database.</summary>
[GenerateSerializer, Immutable, Alias("realtime.DatabaseState")]
internal sealed record DatabaseState
{
    /// <summary>The owner; null if the database was never made.</summary>
    [Id(0)]
    public string? TenantId { get; init; }

    /// <summary>Id of the root user.</summary>
    [Id(1)]
    public string RootUserId { get; init; } = "";

    /// <summary>Id of the root user's account.</summary>
    [Id(2)]
    public string RootAccountId { get; init; } = "";

    /// <summary>Hash of the root token, see <see cref="RootToken"/>; empty while the database is being made.</summary>
    [Id(3)]
    public byte[] RootTokenHash { get; init; } = [];

    /// <summary>Whether its deletion has begun.</summary>
    [Id(4)]
    public bool IsDeleted { get; init; }
}
