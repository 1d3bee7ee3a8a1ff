using System.Collections.Immutable;

namespace Realtime.Gateways;

/// <summary>How grains look for gateways.</summary>
internal static class GatewayDirectoryExtensions
{
    /// <summary>The gateways of <see cref="IGatewayDirectoryGrain.GetKnownAsync"/>, or of a directory of an earlier version those whose lease runs.</summary>
    public static async Task<ImmutableArray<KnownGateway>> GetKnownGatewaysAsync(this IGrainFactory grains)
    {
        var directory = grains.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key);
        try
        {
            return await directory.GetKnownAsync();
        }
        catch (Exception)
        {
            // It may be in a silo of an earlier version.
            return [.. (await directory.GetLiveAsync()).Select(static live => new KnownGateway(live, IsLive: true))];
        }
    }
}
