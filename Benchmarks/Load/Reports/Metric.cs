using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Reports;

/// <summary>One figure of a measurement.</summary>
/// <param name="Title">What it is called in tables.</param>
/// <param name="Read">Where it is.</param>
internal sealed record Metric(string Title, Func<Measurement, double?> Read)
{
    /// <summary>All, in the order of tables.</summary>
    public static Metric[] All { get; } =
    [
        new("per second", static result => result.PerSecond),
        new("CPU s per million", static result => result.ServerCpuPerMillion),
        new("p50 ms", static result => result.P50),
        new("p99 ms", static result => result.P99),
        new("p99.9 ms", static result => result.P999),
        new("kB per connection", static result => result.KilobytesPerConnection),
        new("connects per second", static result => result.ConnectsPerSecond),
        new("server cores", static result => result.ServerCores),
        new("generator cores", static result => result.GeneratorCores),
    ];
}
