namespace Realtime.Gateways;

/// <summary>Knows whether what grains remember may be incomplete, because others were lost with their silo.</summary>
internal interface ISiloLosses
{
    /// <summary>
    /// Whether a silo was lost, or has begun to stop, so lately that gateways may not have stated everything again; also while this silo is new
    /// in a cluster, because it may not have seen the loss.
    /// </summary>
    bool IsRecent { get; }
}
