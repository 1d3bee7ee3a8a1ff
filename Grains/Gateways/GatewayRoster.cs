using System.Collections.Frozen;
using System.Collections.Immutable;

namespace Realtime.Gateways;

/// <inheritdoc cref="IGatewayRoster"/>
internal sealed class GatewayRoster : IGatewayRoster
{
    // Before the first snapshot everyone who asserts itself is believed.
    private volatile Snapshot _snapshot = new([], FrozenSet<string>.Empty, DateTimeOffset.MinValue);

    /// <inheritdoc/>
    public ImmutableArray<string> Live => _snapshot.Ids;

    /// <inheritdoc/>
    public bool IsLive(string gateway, DateTimeOffset assertedAt)
    {
        var snapshot = _snapshot;
        return assertedAt >= snapshot.AskedAt || snapshot.Set.Contains(gateway);
    }

    /// <summary>Takes a new snapshot over.</summary>
    /// <param name="live">Ids of the live gateways.</param>
    /// <param name="askedAt">
    /// When the directory was asked, not when it answered: a gateway that registered in between isn't in the answer.
    /// </param>
    public void Update(ImmutableArray<string> live, DateTimeOffset askedAt) =>
        _snapshot = new(live, live.ToFrozenSet(StringComparer.Ordinal), askedAt);

    private sealed record Snapshot(ImmutableArray<string> Ids, FrozenSet<string> Set, DateTimeOffset AskedAt);
}
