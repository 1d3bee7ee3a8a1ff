namespace Realtime.Tests.Chaos;

/// <summary>The one clock of a run: every client and every fault is in this process, so their times can be compared.</summary>
/// <param name="time">Where time comes from; the system's if null.</param>
internal sealed class RunClock(TimeProvider? time = null)
{
    private readonly TimeProvider _time = time ?? TimeProvider.System;
    private readonly long _start = (time ?? TimeProvider.System).GetTimestamp();

    /// <summary>Time since the run began.</summary>
    public TimeSpan Now => _time.GetElapsedTime(_start);
}
