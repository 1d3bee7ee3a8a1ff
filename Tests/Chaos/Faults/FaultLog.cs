namespace Realtime.Tests.Chaos.Faults;

/// <summary>A fault that happened, and what clients noticed of it.</summary>
/// <param name="kind">What it was.</param>
/// <param name="target">Name of the process.</param>
/// <param name="beganAt">When it began.</param>
internal sealed class FaultRecord(FaultKind kind, string target, TimeSpan beganAt)
{
    private int _connectionsLost;
    private int _connectionsLostElsewhere;

    /// <summary>What it was.</summary>
    public FaultKind Kind => kind;

    /// <summary>Name of the process.</summary>
    public string Target => target;

    /// <summary>When it began.</summary>
    public TimeSpan BeganAt => beganAt;

    /// <summary>When its process ran again; null while it doesn't.</summary>
    public TimeSpan? EndedAt { get; set; }

    /// <summary>When everybody was served again; null while not.</summary>
    public TimeSpan? RepairedAt { get; set; }

    /// <summary>Connections that the backend ended, of the gateway that was hit.</summary>
    public int ConnectionsLost => _connectionsLost;

    /// <summary>Connections that the backend ended, of gateways that were not hit.</summary>
    public int ConnectionsLostElsewhere => _connectionsLostElsewhere;

    /// <summary>Counts a lost connection.</summary>
    public void CountLoss(string gateway) =>
        Interlocked.Increment(ref gateway == target ? ref _connectionsLost : ref _connectionsLostElsewhere);
}

/// <summary>All faults so far.</summary>
internal sealed class FaultLog(Timeline timeline)
{
    private readonly Lock _lock = new();
    private readonly List<FaultRecord> _faults = [];

    /// <summary>All faults so far, in their order.</summary>
    public IReadOnlyList<FaultRecord> All
    {
        get
        {
            lock (_lock)
            {
                return [.. _faults];
            }
        }
    }

    /// <summary>When the backend last ended a connection.</summary>
    public TimeSpan LatestLossAt { get; set; }

    /// <summary>States that a fault begins.</summary>
    public FaultRecord Begin(FaultKind kind, string target)
    {
        var fault = new FaultRecord(kind, target, timeline.Clock.Now);
        lock (_lock)
        {
            _faults.Add(fault);
        }

        timeline.Add($"FAULT {kind} {target}");
        return fault;
    }

    /// <summary>Whether a process was hit at any time since then.</summary>
    public bool HasHit(string process, TimeSpan since) =>
        All.Any(fault => fault.Target == process && (fault.EndedAt is not { } ended || ended + TimeSpan.FromSeconds(5) >= since));

    /// <summary>States that the backend ended a connection of a gateway.</summary>
    public void CountLoss(string client, string gateway, string reason)
    {
        LatestLossAt = timeline.Clock.Now;
        timeline.Add($"{client} lost its connection to {gateway}: {reason}");
        if (All is [.., var latest])
        {
            latest.CountLoss(gateway);
        }
    }
}
