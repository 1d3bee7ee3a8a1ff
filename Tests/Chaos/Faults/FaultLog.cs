using System.Collections.Concurrent;
using Realtime.Tests.Chaos.Clients;

namespace Realtime.Tests.Chaos.Faults;

/// <summary>A fault that happened, and what clients noticed of it.</summary>
/// <param name="kind">What it was.</param>
/// <param name="target">Name of the process.</param>
/// <param name="beganAt">When it began.</param>
internal sealed class FaultRecord(FaultKind kind, string target, TimeSpan beganAt)
{
    private int _connectionsLost;
    private int _connectionsLostElsewhere;
    private int _returns;
    private int _inits;

    /// <summary>What it was.</summary>
    public FaultKind Kind => kind;

    /// <summary>Name of the process.</summary>
    public string Target => target;

    /// <summary>Whether it befell a gateway, alone or with others.</summary>
    public bool IsOfAGateway { get; } = target.StartsWith("gateway", StringComparison.Ordinal);

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

    /// <summary>Sessions that went on with another stream.</summary>
    public int Returns => _returns;

    /// <summary>Sessions whose client came back in time and had to begin anew.</summary>
    public int Inits => _inits;

    /// <summary>Counts a session that goes on.</summary>
    public void CountReturn() => Interlocked.Increment(ref _returns);

    /// <summary>Counts a session that doesn't.</summary>
    public void CountInit() => Interlocked.Increment(ref _inits);

    /// <summary>Counts a lost connection.</summary>
    public void CountLoss(string gateway) =>
        Interlocked.Increment(ref gateway == target ? ref _connectionsLost : ref _connectionsLostElsewhere);
}

/// <summary>All faults so far.</summary>
internal sealed class FaultLog(Timeline timeline)
{
    private readonly Lock _lock = new();
    private readonly List<FaultRecord> _faults = [];
    private readonly ConcurrentDictionary<SendOutcome, int> _postsWhileAway = new();

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

    /// <summary>What became of commands that were sent while their client had no stream.</summary>
    public IReadOnlyDictionary<SendOutcome, int> PostsWhileAway => _postsWhileAway;

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

    /// <summary>Whether any gateway was hit at any time since then.</summary>
    public bool HasHitAGateway(TimeSpan since) =>
        All.Any(fault => fault.IsOfAGateway && (fault.EndedAt is not { } ended || ended + TimeSpan.FromSeconds(5) >= since));

    /// <summary>States that a session goes on.</summary>
    /// <param name="client">Whose.</param>
    /// <param name="gateway">Where.</param>
    /// <param name="away">How long it had no stream.</param>
    public void CountReturn(string client, string gateway, TimeSpan away)
    {
        timeline.Add($"{client} goes on with its session on {gateway} after {away.TotalSeconds:F1} s");
        if (All is [.., var latest])
        {
            latest.CountReturn();
        }
    }

    /// <summary>States that a client has come back and has to begin anew.</summary>
    /// <param name="client">Who.</param>
    /// <param name="gateway">Where.</param>
    /// <param name="away">How long it had no stream.</param>
    public void CountInit(string client, string gateway, TimeSpan away)
    {
        timeline.Add($"{client} has to begin anew on {gateway} after {away.TotalSeconds:F1} s");
        if (All is [.., var latest] && away < SessionKeeping.Window)
        {
            latest.CountInit();
        }
    }

    /// <summary>Counts a command that was sent while its client had no stream.</summary>
    public void CountPostWhileAway(SendOutcome outcome) => _postsWhileAway.AddOrUpdate(outcome, 1, static (_, count) => count + 1);

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
