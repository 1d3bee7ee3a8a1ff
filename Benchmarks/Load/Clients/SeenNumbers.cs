namespace Realtime.Benchmarks.Load.Clients;

/// <summary>What one receiver has got of one publisher.</summary>
internal struct SeenNumbers
{
    /// <summary>The highest number.</summary>
    public uint Last;

    /// <summary>Which of the 64 up to it: the lowest bit is the highest number.</summary>
    public ulong Recent;
}
