using System.Text.Json.Serialization;

namespace Realtime.Benchmarks.Load.Measures;

/// <summary>What one run of one workload against one server has shown. What it doesn't measure is absent.</summary>
internal sealed record Measurement
{
    /// <summary>The server.</summary>
    public required string Target { get; init; }

    /// <summary>The workload.</summary>
    public required string Workload { get; init; }

    /// <summary>Which of the alternating runs, from 1.</summary>
    public int Round { get; init; }

    /// <summary>Deliveries per second that were asked for.</summary>
    public double? OfferedPerSecond { get; init; }

    /// <summary>Deliveries, round trips or events per second that arrived.</summary>
    public double? PerSecond { get; init; }

    /// <summary>Processor seconds of the servers per million of those.</summary>
    public double? ServerCpuPerMillion { get; init; }

    /// <summary>Cores that the servers used on average.</summary>
    public double? ServerCores { get; init; }

    /// <summary>Cores that this tool used on average.</summary>
    public double? GeneratorCores { get; init; }

    /// <summary>Median latency in milliseconds.</summary>
    public double? P50 { get; init; }

    /// <summary>Of ten the slowest, in milliseconds.</summary>
    public double? P90 { get; init; }

    /// <summary>Of a hundred the slowest, in milliseconds.</summary>
    public double? P99 { get; init; }

    /// <summary>Of a thousand the slowest, in milliseconds.</summary>
    public double? P999 { get; init; }

    /// <summary>Deliveries that never came.</summary>
    public long? Lost { get; init; }

    /// <summary>Deliveries that came again.</summary>
    public long? Duplicates { get; init; }

    /// <summary>Deliveries after a later one of the same publisher.</summary>
    public long? Reordered { get; init; }

    /// <summary>Refusals, and connections that ended by themselves.</summary>
    public long? Failures { get; init; }

    /// <summary>Resident memory of the servers per connection, in kB of 1,000 bytes.</summary>
    public double? KilobytesPerConnection { get; init; }

    /// <summary>Connections made and joined per second.</summary>
    public double? ConnectsPerSecond { get; init; }

    /// <summary>Why it failed, if it did.</summary>
    public string? Failure { get; init; }

    /// <summary>Whether nothing was lost, late or refused.</summary>
    [JsonIgnore]
    public bool IsSustained =>
        Failure is null && Lost == 0 && Duplicates == 0 && Failures == 0 && P99 <= LatencyLimit && PerSecond >= 0.95 * OfferedPerSecond;

    // Milliseconds.
    private const double LatencyLimit = 100;
}
