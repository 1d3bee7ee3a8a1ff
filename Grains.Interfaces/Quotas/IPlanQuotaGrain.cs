namespace Realtime.Quotas;

/// <summary>Grants connection slots against the plan of one tenant (protocol 4).</summary>
/// <remarks>Key: the tenant's id. Not reentrant, so simultaneous attempts are granted one after the other.</remarks>
[Alias("realtime.IPlanQuotaGrain")]
public interface IPlanQuotaGrain : IGrainWithStringKey
{
    /// <summary>
    /// States how many slots a gateway holds, asks for more, and renews its lease of 15 s. A gateway has at most one
    /// such call per tenant under way, so the statement is the whole truth and a lost answer does no harm.
    /// </summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="held">Slots that the gateway holds, without the wanted ones.</param>
    /// <param name="wanted">Slots that it wants in addition.</param>
    /// <param name="statement">
    /// The gateway's number of this statement, rising from call to call: one below the latest was overtaken by it, has no
    /// effect and is undecided. 0 if the gateway doesn't number them.
    /// </param>
    [Repeatable, Alias("Sync")]
    ValueTask<SlotGrant> SyncAsync(string gateway, int held, int wanted, long statement = 0);

    /// <summary>Slots in use now, over all gateways.</summary>
    [Repeatable, Alias("CountInUse")]
    ValueTask<int> CountInUseAsync();

    /// <summary>Reads the plan again, after the tenant has changed it.</summary>
    [Alias("Reload")]
    ValueTask ReloadAsync();
}

/// <summary>The answer of <see cref="IPlanQuotaGrain.SyncAsync"/>.</summary>
/// <param name="Granted">How many of the wanted slots were granted.</param>
/// <param name="IsUndecided">
/// The grain can't tell yet whether the plan is full, because not every gateway has stated what it holds since the
/// grain was started, or one that slots are kept for doesn't answer. Try again; this is no refusal (protocol 1.5).
/// </param>
[GenerateSerializer, Immutable, Alias("realtime.SlotGrant")]
public readonly record struct SlotGrant(int Granted, bool IsUndecided)
{
    /// <summary>
    /// Held slots that the gateway has lost: its lease had passed, and others hold them now. It ends that many connections.
    /// </summary>
    [Id(2)]
    public int Revoked { get; init; }
}
