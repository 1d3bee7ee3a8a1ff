using Realtime.Gateway.Http;

namespace Realtime.Gateway.Hosting;

/// <summary>Health for load balancers and orchestrators.</summary>
public static class HealthEndpoints
{
    /// <summary>
    /// Maps <c>/health/live</c> (the process answers, whatever its dependencies do) and <c>/health/ready</c> (it should get
    /// new work: not while it drains). Needs <see cref="Readiness"/>.
    /// </summary>
    /// <param name="routes">Where to.</param>
    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health/live", static () => Replies.True);
        routes.MapGet("/health/ready", static (Readiness readiness) => readiness.IsReady
            ? Replies.True
            : Replies.Text(StatusCodes.Status503ServiceUnavailable, "not ready"));
    }
}
