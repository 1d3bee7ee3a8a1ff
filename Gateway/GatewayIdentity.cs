using Realtime.Gateways;

namespace Realtime.Gateway;

/// <summary>Who this gateway process is to the cluster.</summary>
internal sealed class GatewayIdentity
{
    private long _statements;

    /// <summary>Unique per process start, so that nothing of an earlier run is taken for this one's.</summary>
    public string Id { get; } = $"gw-{Identifiers.NewId()}";

    /// <summary>Where grains reach this gateway; set once it has started.</summary>
    public IGatewayObserver Observer
    {
        get => field ?? throw new InvalidOperationException("The gateway has not started.");
        set;
    }

    /// <summary>
    /// The number of the next statement to a grain, whichever it is. A call may be delayed for as long as a silo is frozen;
    /// by its number a grain knows that it has heard a later one.
    /// </summary>
    public long NextStatement() => Interlocked.Increment(ref _statements);
}
