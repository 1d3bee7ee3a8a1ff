using System.Globalization;
using System.Text;
using Realtime.Benchmarks.Load.Measures;

namespace Realtime.Benchmarks.Load.Reports;

/// <summary>One picture of all results: a bar per server at the median, with a line over what its runs lie between.</summary>
internal static class BarCharts
{
    private const int Columns = 2;
    private const int PanelWidth = 460;
    private const int LabelWidth = 120;
    private const int BarsWidth = 250;
    private const int TitleHeight = 34;
    private const int RowHeight = 22;
    private const int Gap = 14;

    // Which figures of which workload, and whether less is better.
    private static readonly (string Workload, string Metric, string Title)[] Panels =
    [
        ("fanout-max", "per second", "1 × 1,000, most deliveries per second"),
        ("rooms-max", "per second", "200 × 5, most deliveries per second"),
        ("fanout", "CPU s per million", "1 × 1,000 at 20k/s: CPU s per million (less is better)"),
        ("fanout-100k", "CPU s per million", "1 × 1,000 at 100k/s: CPU s per million (less)"),
        ("fanout-400k", "CPU s per million", "1 × 1,000 at 400k/s: CPU s per million (less)"),
        ("rooms", "CPU s per million", "200 × 5 at 10k/s: CPU s per million (less)"),
        ("rooms", "p99 ms", "200 × 5 at 10k/s: p99 in ms (less)"),
        ("ping", "p50 ms", "to oneself, one connection: p50 in ms (less)"),
        ("ping64", "per second", "to oneself, 64 connections: round trips per second"),
        ("idle", "kB per connection", "kB per idle member (less)"),
        ("idle", "connects per second", "connected and joined per second"),
        ("creates", "per second", "creates per second in one repository"),
        ("creates-bulk", "per second", "creates per second, 32 documents with each request"),
    ];

    /// <summary>Draws what there is.</summary>
    /// <returns>SVG.</returns>
    public static string Draw(IReadOnlyList<Measurement> results)
    {
        var body = new StringBuilder();
        var (column, y, rowHeight) = (0, Gap, 0);
        foreach (var (workload, title, caption) in Panels)
        {
            var metric = Metric.All.Single(metric => metric.Title == title);
            var bars = results.Where(result => result.Workload == workload && metric.Read(result) is not null)
                .GroupBy(static result => result.Target)
                .Select(server => (server.Key, Values: server.Select(metric.Read).OfType<double>().Order().ToArray()))
                .ToArray();
            if (bars.Length == 0)
            {
                continue;
            }

            DrawPanel(body, Gap + (column * PanelWidth), y, caption, bars);
            rowHeight = Math.Max(rowHeight, TitleHeight + (bars.Length * RowHeight) + Gap);
            if (++column == Columns)
            {
                (column, y, rowHeight) = (0, y + rowHeight, 0);
            }
        }

        var (width, height) = ((Columns * PanelWidth) + Gap, y + rowHeight);
        return $"""
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" font-family="system-ui, sans-serif" font-size="12">
            <rect width="{width}" height="{height}" fill="#ffffff"/>
            {body}</svg>

            """;
    }

    private static void DrawPanel(StringBuilder body, int x, int y, string caption, (string Name, double[] Values)[] bars)
    {
        var longest = bars.Max(static bar => bar.Values[^1]);
        Append(body, $"""<text x="{x}" y="{y + 14}" font-weight="600" fill="#1f2937">{caption}</text>""");
        for (var i = 0; i < bars.Length; i++)
        {
            var (name, values) = bars[i];
            var top = y + TitleHeight - 8 + (i * RowHeight);
            var middle = top + (RowHeight / 2) - 2;
            var median = (values[(values.Length - 1) / 2] + values[values.Length / 2]) / 2;
            var color = name.StartsWith("realtime", StringComparison.Ordinal) ? "#2563eb" : name == "raw" ? "#6b7280" : "#cbd5e1";
            Append(body, $"""<text x="{x + LabelWidth - 8}" y="{middle + 4}" text-anchor="end" fill="#374151">{name}</text>""");
            Append(body, $"""<rect x="{x + LabelWidth}" y="{top}" width="{Width(median):0.#}" height="{RowHeight - 5}" fill="{color}"/>""");
            Append(body, $"""<path d="M{x + LabelWidth + Width(values[0]):0.#} {middle}H{x + LabelWidth + Width(values[^1]):0.#}" stroke="#111827" stroke-width="1.5"/>""");
            Append(body, $"""<text x="{x + LabelWidth + Width(values[^1]) + 6:0.#}" y="{middle + 4}" fill="#374151">{RatioTable.Format(median)}</text>""");
        }

        double Width(double value) => longest > 0 ? value / longest * BarsWidth : 0;
    }

    private static void Append(StringBuilder body, FormattableString line) => body.AppendLine(line.ToString(CultureInfo.InvariantCulture));
}
