namespace Realtime.Tests.Chaos.Faults;

/// <summary>A fault of the schedule.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Target">Which silo or gateway; without meaning for other kinds.</param>
/// <param name="Length">How long it lasts.</param>
internal sealed record Fault(FaultKind Kind, int Target, TimeSpan Length)
{
    /// <summary>The silo that is lost together with a gateway.</summary>
    public int Silo { get; init; }

    /// <inheritdoc/>
    public override string ToString() => $"{Kind} {Target} for {Length.TotalSeconds:F1} s";
}
