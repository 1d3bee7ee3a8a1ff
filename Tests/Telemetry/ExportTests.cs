using System.Text.Json;
using System.Text.RegularExpressions;
using Realtime.Tests.Clients;

namespace Realtime.Tests.Telemetry;

/// <summary>What a running process shows to those who operate it, and that documents and dashboards speak of the same.</summary>
public sealed partial class ExportTests(MeasuredProcess process) : IClassFixture<MeasuredProcess>
{
    private static readonly string[] HistogramParts = ["_bucket", "_sum", "_count"];

    [Fact]
    public void EveryMetric_IsDocumented_AndEveryDocumentedOneExists()
    {
        var documented = MetricName().Matches(Read("docs/operations.md")).Select(static match => match.Value).ToHashSet();
        var exported = TypedName().Matches(process.Scrape).Select(static match => match.Groups[1].Value).Where(IsOurs).ToHashSet();

        Assert.NotEmpty(exported);
        Assert.Equal(exported.Order(), documented.Where(IsOurs).Order());
    }

    [Fact]
    public void EveryMetricOfTheDashboard_IsExported()
    {
        using var dashboard = JsonDocument.Parse(Read("docker/grafana/realtime.json"));
        var queried = Expressions(dashboard.RootElement).SelectMany(static expression => QueriedName().Matches(expression)).Select(static match => match.Groups[1].Value).ToHashSet();
        var samples = SampleName().Matches(process.Scrape).Select(static match => match.Groups[1].Value).ToHashSet();

        Assert.InRange(queried.Count, 30, 200);
        Assert.Empty(queried.Except(samples));
    }

    [Fact]
    public void EveryTagOfTheDashboard_IsExported()
    {
        using var dashboard = JsonDocument.Parse(Read("docker/grafana/realtime.json"));
        var grouped = Expressions(dashboard.RootElement)
            .SelectMany(static expression => Grouping().Matches(expression))
            .SelectMany(static match => match.Groups[1].Value.Split(',', StringSplitOptions.TrimEntries))
            .Where(static tag => tag != "instance");

        // `instance` is Prometheus's own.
        Assert.All(grouped.Distinct(), tag => Assert.Contains($"{tag}=\"", process.Scrape, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Metrics_AnswerAtTheOperatorsListenerOnly()
    {
        using var clients = new HttpClient { BaseAddress = process.Address };
        using var response = await clients.GetAsync(new Uri("/metrics", UriKind.Relative), TestContext.Current.CancellationToken);

        Assert.Equal(404, (int)response.StatusCode);
        Assert.NotEmpty(process.Scrape);
    }

    [Fact]
    public void Metrics_SayNothingOfAnybody() =>
        Assert.All(process.Secrets, secret => Assert.DoesNotContain(secret, process.Scrape, StringComparison.Ordinal));

    [Fact]
    public async Task MetricsAndTraces_ArePushed_WhenACollectorIsSet()
    {
        await process.Collector.ExpectAsync("metrics", "realtime.gateway.connections.opened");
        await process.Collector.ExpectAsync("metrics", "realtime.grains.publications");
        await process.Collector.ExpectAsync("traces", "command chan_in");
        await process.Collector.ExpectAsync("traces", "deliver");

        // Ids of documents are in the addresses that HTTP spans hold; nothing that clients keep to themselves is.
        string[] secrets = [.. process.Secrets.Where(static secret => secret.Length > 40), MeasuredProcess.Payload, "@example.com"];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, process.Collector.Received, StringComparison.Ordinal));
    }

    private static bool IsOurs(string name) =>
        name.StartsWith("realtime_", StringComparison.Ordinal) && !HistogramParts.Any(part => name.EndsWith(part, StringComparison.Ordinal));

    private static string Read(string path) => File.ReadAllText(Path.Combine(Checkout.Root, path));

    private static IEnumerable<string> Expressions(JsonElement dashboard) => dashboard.GetProperty("panels").EnumerateArray()
        .Where(static panel => panel.TryGetProperty("targets", out _))
        .SelectMany(static panel => panel.GetProperty("targets").EnumerateArray())
        .Select(static target => target.GetProperty("expr").GetString()!);

    [GeneratedRegex(@"\b(?:realtime|orleans|dotnet|http|kestrel)_[a-z0-9_]+(?=[\{`)])")]
    private static partial Regex MetricName();

    [GeneratedRegex(@"([a-z0-9_]+)\{")]
    private static partial Regex QueriedName();

    [GeneratedRegex(@"^# TYPE (\S+)", RegexOptions.Multiline)]
    private static partial Regex TypedName();

    [GeneratedRegex(@"^([a-z][a-z0-9_]*)[\{ ]", RegexOptions.Multiline)]
    private static partial Regex SampleName();

    [GeneratedRegex(@"\bby \(([^)]*)\)")]
    private static partial Regex Grouping();
}
