namespace Realtime.Gateway.Telemetry;

/// <summary>Settings of metrics and traces. Where they are pushed to is said by OpenTelemetry's own variables, such as <c>OTEL_EXPORTER_OTLP_ENDPOINT</c>.</summary>
public sealed class TelemetryOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Realtime:Telemetry";

    /// <summary>
    /// Whether <c>/metrics</c> answers Prometheus, on the operator's listener and on that of a silo without a gateway; in
    /// the development environment everywhere. Default true.
    /// </summary>
    public bool Prometheus { get; set; } = true;
}
