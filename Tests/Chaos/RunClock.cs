namespace Realtime.Tests.Chaos;

/// <summary>The one clock of a run: every client and every fault is in this process, so their times can be compared.</summary>
internal sealed class RunClock
{
    private readonly long _start = TimeProvider.System.GetTimestamp();

    /// <summary>Time since the run began.</summary>
    public TimeSpan Now => TimeProvider.System.GetElapsedTime(_start);
}
