using System.Numerics;

namespace Realtime.Benchmarks.Load.Measures;

/// <summary>Counts of latencies in microseconds, each known to 1/64 of itself.</summary>
internal sealed class LatencyHistogram
{
    private const int Fine = 64;
    private const int FineBits = 6;

    private readonly long[] _counts = new long[(32 - FineBits + 1) * Fine];

    /// <summary>How many there are.</summary>
    public long Count { get; private set; }

    /// <summary>Adds one.</summary>
    public void Add(uint microseconds)
    {
        Count++;
        _counts[IndexOf(microseconds)]++;
    }

    /// <summary>Forgets all.</summary>
    public void Clear()
    {
        Count = 0;
        Array.Clear(_counts);
    }

    /// <summary>The latency that a share of all don't exceed, in milliseconds; not a number if there are none.</summary>
    /// <param name="share">From 0 to 1.</param>
    public double Quantile(double share)
    {
        var wanted = Math.Max(1, (long)Math.Ceiling(Count * share));
        for (var (i, seen) = (0, 0L); i < _counts.Length; i++)
        {
            seen += _counts[i];
            if (seen >= wanted)
            {
                return ValueOf(i) / 1000;
            }
        }

        return double.NaN;
    }

    private static int IndexOf(uint value)
    {
        if (value < Fine)
        {
            return (int)value;
        }

        var shift = BitOperations.Log2(value) - FineBits;
        return (shift * Fine) + (int)(value >> shift);
    }

    // The middle of what an index stands for.
    private static double ValueOf(int index)
    {
        if (index < 2 * Fine)
        {
            return index;
        }

        var shift = (index / Fine) - 1;
        return ((double)(index - (shift * Fine)) + 0.5) * (1L << shift);
    }
}
