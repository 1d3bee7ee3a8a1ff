using Realtime.Gateways;

namespace Realtime.Gateway;

/// <summary>Who this gateway process is to the cluster.</summary>
internal sealed class GatewayIdentity
{
    /// <summary>Unique per process start, so that nothing of an earlier run is taken for this one's.</summary>
    public string Id { get; } = $"gw-{Identifiers.NewId()}";

    /// <summary>Where grains reach this gateway; set once it has started.</summary>
    public IGatewayObserver Observer
    {
        get => field ?? throw new InvalidOperationException("The gateway has not started.");
        set;
    }
}
