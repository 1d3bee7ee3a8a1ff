using System.Diagnostics;

namespace Realtime.Benchmarks.Load.Measures;

/// <summary>The generator's one clock. Messages carry the lower 32 bits of its microseconds: differences hold for 71 minutes.</summary>
internal static class Clock
{
    private static readonly long TicksPerMicrosecond = Stopwatch.Frequency / 1_000_000;

    /// <summary>Ticks in a second.</summary>
    public static double PerSecond => Stopwatch.Frequency;

    /// <summary>Ticks of <see cref="Stopwatch"/>.</summary>
    public static long Now => Stopwatch.GetTimestamp();

    /// <summary>Ticks in a time.</summary>
    public static long Ticks(TimeSpan time) => (long)(time.TotalSeconds * Stopwatch.Frequency);

    /// <summary>Time in ticks.</summary>
    public static TimeSpan Time(long ticks) => TimeSpan.FromSeconds((double)ticks / Stopwatch.Frequency);

    /// <summary>A time as messages carry it.</summary>
    public static uint Microseconds(long ticks) => (uint)(ticks / TicksPerMicrosecond);
}
