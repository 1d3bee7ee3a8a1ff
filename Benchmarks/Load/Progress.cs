using System.Globalization;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load;

/// <summary>What is told while it runs, on standard error.</summary>
internal static class Progress
{
    /// <summary>A line.</summary>
    public static void Line(string text) => Console.Error.WriteLine($"{DateTime.Now:HH:mm:ss} {text}");

    /// <summary>A step on the way to saturation, or a result.</summary>
    public static void Step(Measurement step) => Line(string.Create(
        CultureInfo.InvariantCulture,
        $"  {step.Target} {step.Workload}: {step.PerSecond:n0}/s of {step.OfferedPerSecond:n0}, p50 {step.P50:n2} p99 {step.P99:n1} ms, lost {step.Lost}, duplicates {step.Duplicates}, reordered {step.Reordered}, CPU {step.ServerCpuPerMillion:n2} s/M, cores {step.ServerCores:n2} + {step.GeneratorCores:n2} here {step.Failure}"));
}
