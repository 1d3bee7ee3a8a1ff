namespace Realtime.Telemetry;

/// <summary>One tenant's slots as they are now, for <see cref="GrainMetrics"/>.</summary>
internal sealed class QuotaUse
{
    /// <summary>Name of the plan. Plans are settings, so there are few.</summary>
    public string Plan { get; set; } = "none";

    public int Limit { get; set; }

    public int InUse { get; set; }
}
