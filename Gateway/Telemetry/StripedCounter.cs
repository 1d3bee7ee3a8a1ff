using System.Numerics;
using System.Runtime.InteropServices;

namespace Realtime.Gateway.Telemetry;

/// <summary>A sum that all cores add to at once, millions of times a second, and that is read once in a while.</summary>
internal sealed class StripedCounter
{
    private readonly Cell[] _cells = new Cell[BitOperations.RoundUpToPowerOf2((uint)Environment.ProcessorCount)];

    /// <summary>What has been added so far.</summary>
    public long Sum
    {
        get
        {
            var sum = 0L;
            foreach (ref var cell in _cells.AsSpan())
            {
                sum += Interlocked.Read(ref cell.Value);
            }

            return sum;
        }
    }

    public void Add(long value) => Interlocked.Add(ref _cells[Thread.GetCurrentProcessorId() & (_cells.Length - 1)].Value, value);

    // As long as two cache lines, which processors fetch together: cores that add mustn't wait for each other.
    [StructLayout(LayoutKind.Explicit, Size = 128)]
    private struct Cell
    {
        [FieldOffset(0)]
        public long Value;
    }
}
