namespace Realtime.Users;

/// <summary>State of an <see cref="EmailGrain"/>. The e-mail itself isn't in it.</summary>
[GenerateSerializer, Immutable, Alias("realtime.EmailState")]
internal sealed record EmailState
{
    /// <summary>Who has reserved it; null: nobody.</summary>
    [Id(0)]
    public string? UserId { get; init; }

    /// <summary>When it was reserved, UTC.</summary>
    [Id(1)]
    public DateTimeOffset ReservedAt { get; init; }
}
