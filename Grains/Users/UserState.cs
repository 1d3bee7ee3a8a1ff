namespace Realtime.Users;

/// <summary>State of a <see cref="UserGrain"/>. A removed user stays as a tombstone without personal data.</summary>
[GenerateSerializer, Immutable, Alias("realtime.UserState")]
internal sealed record UserState
{
    /// <summary>The account it belongs to.</summary>
    [Id(0)]
    public string AccountId { get; init; } = "";

    /// <summary>Lower-case e-mail; null if it has none.</summary>
    [Id(1)]
    public string? Email { get; init; }

    /// <summary>bcrypt hash, see <see cref="PasswordHasher"/>; null if it can't log in.</summary>
    [Id(2)]
    public string? PasswordHash { get; init; }

    /// <summary>0 to 100.</summary>
    [Id(3)]
    public int Role { get; init; }

    /// <summary>Version of the identity; 0: never made.</summary>
    [Id(4)]
    public long Version { get; init; }

    /// <summary>When it was made, UTC.</summary>
    [Id(5)]
    public DateTimeOffset Created { get; init; }

    /// <summary>Whether it was removed.</summary>
    [Id(6)]
    public bool IsRemoved { get; init; }
}
