using Realtime.Gateway.Hosting;
using Realtime.Gateway.Transports;

namespace Realtime.Gateway.Http;

/// <summary>
/// Sends new streams and sockets elsewhere while this process stops, and asks clients and proxies to open their next
/// requests' connections elsewhere. Everything else is still answered.
/// </summary>
internal sealed class DrainMiddleware(RequestDelegate next, Readiness readiness)
{
    public Task InvokeAsync(HttpContext http)
    {
        if (readiness.IsReady)
        {
            return next(http);
        }

        if (HttpProtocol.IsHttp11(http.Request.Protocol))
        {
            http.Response.Headers.Connection = "close";
        }

        if (http.Request.Path.Equals("/ws", StringComparison.OrdinalIgnoreCase))
        {
            return Replies.Error(RealtimeError.TemporarilyUnavailable).ExecuteAsync(http);
        }

        // A refusal would be final in a browser; an empty stream brings it back (protocol 1.5).
        return http.Request.Path.Equals("/sse/connect", StringComparison.OrdinalIgnoreCase) && HttpMethods.IsGet(http.Request.Method)
            ? SseTransport.BeginAsync(http)
            : next(http);
    }
}
