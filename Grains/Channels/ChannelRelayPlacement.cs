using Orleans.Placement;
using Orleans.Runtime.Placement;

namespace Realtime.Channels;

/// <summary>Runs a grain in the silo that its key names (<see cref="ChannelRelayKey"/>), as long as there is that silo.</summary>
[AttributeUsage(AttributeTargets.Class)]
internal sealed class ChannelRelayPlacementAttribute() : PlacementAttribute(new ChannelRelayPlacement());

/// <inheritdoc cref="ChannelRelayPlacementAttribute"/>
[GenerateSerializer, Immutable, Alias("realtime.ChannelRelayPlacement")]
internal sealed class ChannelRelayPlacement : PlacementStrategy;

/// <inheritdoc cref="ChannelRelayPlacementAttribute"/>
internal sealed class ChannelRelayPlacementDirector : IPlacementDirector
{
    /// <inheritdoc/>
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var silos = context.GetCompatibleSilos(target);
        var wanted = ChannelRelayKey.SiloOf(target.GrainIdentity.Key.ToString()!);

        // A relay elsewhere has none of the channels and says so at once; nowhere to run would only be found out by waiting.
        return Task.FromResult(Array.Find(silos, silo => silo.Equals(wanted)) ?? silos[0]);
    }
}
