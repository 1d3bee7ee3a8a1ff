using Microsoft.Extensions.Options;

namespace Realtime.Gateway.Http;

/// <summary>
/// Keeps the operator API to its own listener, if it has one: then it answers nowhere else, and nothing else but health
/// answers there (protocol 8).
/// </summary>
internal sealed class OperatorListener
{
    private static readonly PathString[] Everywhere = ["/health", "/ping"];

    private readonly HashSet<int> _ports;

    public OperatorListener(IOptions<RealtimeOptions> options) =>
        _ports = [.. options.Value.ReadOperatorUrls().Select(static url => url.Port)];

    /// <summary>Answers 404 to what doesn't belong to the listener that it came by.</summary>
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var isOperatorPath = http.Request.Path.StartsWithSegments("/operator");
        return _ports.Count == 0
            || _ports.Contains(http.Connection.LocalPort) == isOperatorPath
            || Array.Exists(Everywhere, path => http.Request.Path.StartsWithSegments(path))
                ? next(http)
                : Replies.Text(StatusCodes.Status404NotFound, "there is nothing at this address").ExecuteAsync(http);
    }
}
