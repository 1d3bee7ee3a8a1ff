using System.Collections.Immutable;

namespace Realtime.Gateways;

/// <summary>What this silo knows of the live gateways: a snapshot of the directory, about a second old at most.</summary>
internal interface IGatewayRoster
{
    /// <summary>Ids of the gateways in the last snapshot.</summary>
    ImmutableArray<string> Live { get; }

    /// <summary>
    /// Whether a gateway is in the last snapshot, or asserted itself when that snapshot couldn't know it yet.
    /// </summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="assertedAt">When the gateway last called the asking grain, by this process's clock.</param>
    bool IsLive(string gateway, DateTimeOffset assertedAt);
}
