using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Clients;

/// <summary>A message as one publisher sends it again and again, with its next number.</summary>
/// <param name="frame">The whole frame, with a marker in it.</param>
/// <param name="markerOffset">Where that is.</param>
/// <param name="source">Channel and slot of the publisher.</param>
internal sealed class Publication(byte[] frame, int markerOffset, uint source)
{
    private uint _number;

    /// <summary>The next one.</summary>
    /// <param name="due">When it was due, in microseconds of the clock.</param>
    public ReadOnlySpan<byte> Next(uint due)
    {
        new Marker(source, ++_number, due).Write(frame.AsSpan(markerOffset));
        return frame;
    }
}
