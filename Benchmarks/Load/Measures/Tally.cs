using Realtime.Benchmarks.Load.Clients;

namespace Realtime.Benchmarks.Load.Measures;

/// <summary>Counts deliveries, and looks at each receiver's order.</summary>
internal sealed class Tally
{
    private const int Remembered = 64;

    private uint _windowStart;
    private uint _windowLength;

    /// <summary>Deliveries that publications so far should lead to.</summary>
    public long Expected { get; set; }

    /// <summary>Deliveries, each once.</summary>
    public long Received { get; private set; }

    /// <summary>Deliveries that had come before.</summary>
    public long Duplicates { get; private set; }

    /// <summary>Deliveries that came after a later one of the same publisher.</summary>
    public long Reordered { get; private set; }

    /// <summary>Deliveries to who isn't a member of their channel.</summary>
    public long Misdelivered { get; private set; }

    /// <summary>Refusals that the server has told.</summary>
    public long Errors { get; set; }

    /// <summary>Connections that ended by themselves.</summary>
    public long Ended { get; set; }

    /// <summary>Latencies of what was due within the window.</summary>
    public LatencyHistogram Latencies { get; } = new();

    /// <summary>Whether anything is wrong.</summary>
    public bool IsClean => Received == Expected && Duplicates + Reordered + Misdelivered + Errors + Ended == 0;

    /// <summary>Begins anew, with latencies of what is due in the window.</summary>
    /// <param name="start">In ticks of the clock.</param>
    /// <param name="length">Of the window.</param>
    public void Begin(long start, TimeSpan length)
    {
        (Expected, Received, Duplicates, Reordered, Misdelivered, Errors, Ended) = (0, 0, 0, 0, 0, 0, 0);
        Latencies.Clear();
        _windowStart = Clock.Microseconds(start);
        _windowLength = (uint)length.TotalMicroseconds;
    }

    /// <summary>Counts a delivery.</summary>
    /// <param name="client">Who got it.</param>
    /// <param name="marker">What it said.</param>
    /// <param name="now">When, in microseconds of the clock.</param>
    public void Add(Client client, Marker marker, uint now)
    {
        if (marker.Source >> 8 != client.Channel)
        {
            Misdelivered++;
            return;
        }

        ref var seen = ref client.Seen[marker.Source & 0xff];
        var ahead = (int)(marker.Number - seen.Last);
        if (ahead > 0)
        {
            seen.Recent = ahead < Remembered ? (seen.Recent << ahead) | 1 : 1;
            seen.Last = marker.Number;
        }
        else
        {
            var bit = -ahead < Remembered ? 1UL << -ahead : 0;
            if ((seen.Recent & bit) != 0)
            {
                Duplicates++;
                return;
            }

            seen.Recent |= bit;
            Reordered++;
        }

        Received++;
        if (marker.Due - _windowStart < _windowLength)
        {
            Latencies.Add(now - marker.Due);
        }
    }
}
