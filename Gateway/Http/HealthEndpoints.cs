namespace Realtime.Gateway.Http;

/// <summary>Health for load balancers and orchestrators.</summary>
internal static class HealthEndpoints
{
    /// <summary>
    /// Maps <c>/ping</c> (the client's own test, protocol 3.2), <c>/health/live</c> (the process answers, whatever its
    /// dependencies do) and <c>/health/ready</c> (it should get new connections: not while it drains).
    /// </summary>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ping", static () => Replies.True);
        routes.MapGet("/health/live", static () => Replies.True);
        routes.MapGet("/health/ready", static (Readiness readiness) => readiness.IsReady
            ? Replies.True
            : Replies.Text(StatusCodes.Status503ServiceUnavailable, "not ready"));
    }
}
