using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Realtime.Gateway.Telemetry;

namespace Realtime.Tests.Telemetry;

/// <summary>The metrics of a part of a gateway that a test runs alone.</summary>
internal sealed class TestMetrics
{
    private readonly IMeterFactory _meters = new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    public TestMetrics() => Gateway = new GatewayMetrics(_meters);

    /// <summary>What the part counts with.</summary>
    public GatewayMetrics Gateway { get; }

    /// <summary>Collects one of them from now on.</summary>
    /// <param name="name">Its name after <c>realtime.gateway.</c>.</param>
    public MetricCollector<long> Collect(string name) => new(_meters, GatewayMetrics.MeterName, $"realtime.gateway.{name}");
}
