using Microsoft.Extensions.Options;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Http;

/// <summary>
/// Keeps the operator API to its own listener, if it has one: then it answers nowhere else, and nothing else but health
/// answers there (protocol 8). Metrics belong to that listener, and without it to the development environment.
/// </summary>
internal sealed class OperatorListener
{
    private static readonly PathString[] Everywhere = ["/health", "/ping"];
    private static readonly PathString[] OperatorPaths = ["/operator", TelemetryHost.MetricsPath];

    private readonly HashSet<int> _ports;
    private readonly bool _isDevelopment;

    public OperatorListener(IOptions<RealtimeOptions> options, IHostEnvironment environment)
    {
        _ports = [.. options.Value.ReadOperatorUrls().Select(static url => url.Port)];
        _isDevelopment = environment.IsDevelopment();
    }

    /// <summary>Answers 404 to what doesn't belong to the listener that it came by.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next) => IsHere(http)
        ? next(http)
        : Replies.Text(StatusCodes.Status404NotFound, "there is nothing at this address").ExecuteAsync(http);

    private bool IsHere(HttpContext http)
    {
        var path = http.Request.Path;
        return _ports.Count == 0
            ? _isDevelopment || !path.StartsWithSegments(TelemetryHost.MetricsPath)
            : _ports.Contains(http.Connection.LocalPort) == IsAnyOf(OperatorPaths, path) || IsAnyOf(Everywhere, path);
    }

    private static bool IsAnyOf(PathString[] prefixes, PathString path) => Array.Exists(prefixes, prefix => path.StartsWithSegments(prefix));
}
