using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Clients;

/// <summary>A message, or several in one request, as one publisher sends it again and again, with its next number.</summary>
/// <param name="frame">The whole frame or request, with a marker in each message.</param>
/// <param name="source">Channel and slot of the publisher.</param>
/// <param name="markerOffsets">Where the markers are.</param>
internal sealed class Publication(byte[] frame, uint source, params int[] markerOffsets)
{
    private uint _number;

    /// <summary>The next one.</summary>
    /// <param name="due">When it was due, in microseconds of the clock.</param>
    public ReadOnlySpan<byte> Next(uint due)
    {
        foreach (var offset in markerOffsets)
        {
            new Marker(source, ++_number, due).Write(frame.AsSpan(offset));
        }

        return frame;
    }
}
