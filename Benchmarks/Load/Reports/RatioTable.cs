using System.Globalization;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Reports;

/// <summary>Tables in Markdown: medians per server, and the first server's ratio to each other one, round by round.</summary>
internal static class RatioTable
{
    /// <summary>Writes the tables of all workloads.</summary>
    public static void Write(TextWriter output, IReadOnlyList<Measurement> results)
    {
        foreach (var workload in results.GroupBy(static result => result.Workload))
        {
            Metric[] metrics = [.. Metric.All.Where(metric => workload.Any(result => metric.Read(result) is not null))];
            output.WriteLine($"\n### {workload.Key}\n");
            output.WriteLine("| server | " + string.Join(" | ", metrics.Select(static metric => metric.Title)) + " | wrong |");
            output.WriteLine("|---" + string.Concat(Enumerable.Repeat("|---:", metrics.Length + 1)) + "|");
            foreach (var server in workload.GroupBy(static result => result.Target))
            {
                output.WriteLine($"| {server.Key} | {string.Join(" | ", metrics.Select(metric => Spread([.. server.Select(metric.Read).OfType<double>()])))} | {Wrong(server)} |");
            }

            WriteRatios(output, [.. workload], metrics);
        }
    }

    private static void WriteRatios(TextWriter output, Measurement[] results, Metric[] metrics)
    {
        var first = results[0].Target;
        foreach (var other in results.Select(static result => result.Target).Distinct().Where(target => target != first))
        {
            var cells = metrics.Select(metric => Spread([.. results
                .Where(result => result.Target == first)
                .Select(ours => (Ours: metric.Read(ours), Theirs: results.Where(result => result.Target == other && result.Round == ours.Round).Select(metric.Read).FirstOrDefault()))
                .Where(static pair => pair is { Ours: not null, Theirs: > 0 })
                .Select(static pair => pair.Ours!.Value / pair.Theirs!.Value)]));
            output.WriteLine($"| **{first} ÷ {other}** | {string.Join(" | ", cells)} | |");
        }
    }

    // Median, and what it lies between.
    private static string Spread(double[] values)
    {
        if (values.Length == 0)
        {
            return "–";
        }

        Array.Sort(values);
        var median = (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
        return values.Length == 1 ? Format(median) : $"{Format(median)} ({Format(values[0])}–{Format(values[^1])})";
    }

    /// <summary>A figure with about three digits.</summary>
    public static string Format(double value) => value switch
    {
        >= 10_000 => $"{(value / 1000).ToString("n0", CultureInfo.InvariantCulture)}k",
        >= 100 => value.ToString("n0", CultureInfo.InvariantCulture),
        >= 10 => value.ToString("n1", CultureInfo.InvariantCulture),
        _ => value.ToString("n2", CultureInfo.InvariantCulture),
    };

    private static string Wrong(IEnumerable<Measurement> results)
    {
        var (lost, duplicates, reordered, failures) = (0L, 0L, 0L, 0L);
        foreach (var result in results)
        {
            lost += result.Lost ?? 0;
            duplicates += result.Duplicates ?? 0;
            reordered += result.Reordered ?? 0;
            failures += (result.Failures ?? 0) + (result.Failure is null ? 0 : 1);
        }

        return lost + duplicates + reordered + failures == 0
            ? "–"
            : $"lost {lost}, twice {duplicates}, reordered {reordered}, failures {failures}";
    }
}
