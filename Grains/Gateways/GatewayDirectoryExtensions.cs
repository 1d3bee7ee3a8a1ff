using System.Collections.Immutable;

namespace Realtime.Gateways;

/// <summary>How grains look for gateways.</summary>
internal static class GatewayDirectoryExtensions
{
    /// <summary>The gateways of <see cref="IGatewayDirectoryGrain.GetKnownAsync"/>.</summary>
    public static async Task<ImmutableArray<KnownGateway>> GetKnownGatewaysAsync(this IGrainFactory grains)
    {
        var directory = grains.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key);
        try
        {
            return await directory.GetKnownAsync();
        }
        catch (Exception exception) when (exception is SiloUnavailableException or TimeoutException)
        {
            // Its silo was lost with the question; the next one finds it elsewhere.
            return await directory.GetKnownAsync();
        }
    }
}
