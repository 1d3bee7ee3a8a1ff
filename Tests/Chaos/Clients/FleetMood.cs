namespace Realtime.Tests.Chaos.Clients;

/// <summary>How eager all clients are.</summary>
internal sealed class FleetMood
{
    private static readonly TimeSpan FloodPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Whether anybody sends or writes.</summary>
    public bool IsQuiet { get; set; }

    /// <summary>Whether everybody sends as fast as it may.</summary>
    public bool IsFlood { get; set; }

    /// <summary>Whether a client sends now.</summary>
    public bool MaySend(ClientPlan plan) => !IsQuiet && plan.SendsIn is not null;

    /// <summary>How long a client waits before it sends again: random, so that no two march in step.</summary>
    public TimeSpan NextPause(ClientPlan plan, Random random) =>
        IsFlood ? FloodPause : -Math.Log(1 - random.NextDouble()) * plan.Pause;
}
