using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Realtime.Gateway.Telemetry;

/// <summary>Collects metrics and traces of a process and hands them out.</summary>
public static class TelemetryHost
{
    /// <summary>Path at which Prometheus is answered.</summary>
    public const string MetricsPath = "/metrics";

    // One trace in a hundred, whole: enough to see where time goes, and no load.
    private const double DefaultSampledShare = 0.01;

    /// <summary>
    /// Adds OpenTelemetry. What nobody asked for isn't collected: metrics for <see cref="TelemetryOptions.Prometheus"/> or
    /// an OTLP endpoint, traces for an OTLP endpoint.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="configuration">The host's configuration; see <see cref="TelemetryOptions"/>.</param>
    /// <param name="service">Name of the service, unless <c>OTEL_SERVICE_NAME</c> says another.</param>
    public static IServiceCollection AddRealtimeTelemetry(this IServiceCollection services, IConfiguration configuration, string service)
    {
        var options = configuration.GetSection(TelemetryOptions.Section).Get<TelemetryOptions>() ?? new TelemetryOptions();
        var (exportsMetrics, exportsTraces) = (HasEndpoint(configuration, "METRICS"), ExportsTraces(configuration));
        if (!options.Prometheus && !exportsMetrics && !exportsTraces)
        {
            return services;
        }

        var telemetry = services.AddOpenTelemetry();
        if (configuration["OTEL_SERVICE_NAME"] is null)
        {
            telemetry.ConfigureResource(resource => resource.AddService(service));
        }

        if (options.Prometheus || exportsMetrics)
        {
            telemetry.WithMetrics(metrics => AddMetrics(metrics, options.Prometheus, exportsMetrics));
        }

        if (exportsTraces)
        {
            telemetry.WithTracing(traces => AddTraces(traces, configuration));
        }

        return services;
    }

    /// <summary>
    /// Whether traces are exported. Only then should Orleans hand them on (<c>AddActivityPropagation</c>): it costs a
    /// little on every call.
    /// </summary>
    /// <param name="configuration">The host's configuration.</param>
    public static bool ExportsTraces(IConfiguration configuration) => HasEndpoint(configuration, "TRACES");

    /// <summary>Maps <see cref="MetricsPath"/>, if it is on.</summary>
    /// <param name="routes">The host's routes. Who may see it is for the host to say.</param>
    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        ArgumentNullException.ThrowIfNull(routes);
        if (routes.ServiceProvider.GetService<MeterProvider>() is not null
            && routes.ServiceProvider.GetRequiredService<IConfiguration>().GetValue($"{TelemetryOptions.Section}:{nameof(TelemetryOptions.Prometheus)}", true))
        {
            routes.MapPrometheusScrapingEndpoint(MetricsPath);
        }
    }

    private static void AddMetrics(MeterProviderBuilder metrics, bool prometheus, bool otlp)
    {
        metrics.AddMeter(
            "Realtime.*", "Microsoft.Orleans", "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime", "Npgsql");
        if (prometheus)
        {
            metrics.AddPrometheusExporter();
        }

        if (otlp)
        {
            metrics.AddOtlpExporter();
        }
    }

    private static void AddTraces(TracerProviderBuilder traces, IConfiguration configuration)
    {
        traces.AddSource("Realtime.*", "Microsoft.Orleans.Application", "Microsoft.Orleans.Storage", "Npgsql");

        // A stream's request lasts as long as its connection, and what its commands do are traces of their own.
        traces.AddAspNetCoreInstrumentation(static requests => requests.Filter = static http =>
            !http.Request.Path.StartsWithSegments("/health") && !http.Request.Path.StartsWithSegments(MetricsPath)
            && !http.Request.Path.StartsWithSegments("/sse/connect") && !http.Request.Path.StartsWithSegments("/ws"));
        if (configuration["OTEL_TRACES_SAMPLER"] is null)
        {
            traces.SetSampler(new ParentBasedSampler(new TraceIdRatioBasedSampler(DefaultSampledShare)));
        }

        traces.AddOtlpExporter();
    }

    private static bool HasEndpoint(IConfiguration configuration, string signal) =>
        configuration["OTEL_EXPORTER_OTLP_ENDPOINT"] is { Length: > 0 } || configuration[$"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT"] is { Length: > 0 };
}
