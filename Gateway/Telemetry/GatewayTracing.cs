using System.Diagnostics;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateways;

namespace Realtime.Gateway.Telemetry;

/// <summary>
/// Traces a command from its arrival over its grain call to the delivery at other gateways. Costs nothing while nobody
/// listens; spans say what kind of thing was done and how much of it, never whose and never what.
/// </summary>
internal static class GatewayTracing
{
    /// <summary>Name of the source.</summary>
    public const string SourceName = "Realtime.Gateway";

    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Whether anybody listens.</summary>
    public static bool IsOn => Source.HasListeners();

    /// <summary>Begins the span of a command.</summary>
    public static Activity? StartCommand(CommandKind kind, TransportKind transport)
    {
        if (!IsOn)
        {
            return null;
        }

        if (transport == TransportKind.WebSocket)
        {
            // The request that opened the socket lasts as long as the connection: everything would be one trace.
            Activity.Current = null;
        }

        var activity = Source.StartActivity($"command {GatewayMetrics.NameOf(kind)}", ActivityKind.Server);
        activity?.SetTag("realtime.transport", GatewayMetrics.TagOf(transport).Value);
        return activity;
    }

    /// <summary>What a publication that is gathered with others belongs to; the default value if it isn't traced.</summary>
    public static ActivityContext Current => Activity.Current is { Recorded: true } activity ? activity.Context : default;

    /// <summary>Begins the span of a call that publishes for several commands; the first traced one is its parent, others are linked.</summary>
    public static Activity? StartPublication(IEnumerable<ActivityContext> commands)
    {
        var traced = commands.Where(static command => command != default).ToList();
        return traced.Count == 0
            ? null
            : Source.StartActivity("publish", ActivityKind.Producer, traced[0], links: traced.Skip(1).Select(static command => new ActivityLink(command)));
    }

    /// <summary>Begins the span of handing an inbox message to members; null if its publication isn't traced.</summary>
    public static Activity? StartDelivery(InboxMessage message) =>
        message.TraceParent is not null && ActivityContext.TryParse(message.TraceParent, null, isRemote: true, out var publication)
            ? Source.StartActivity("deliver", ActivityKind.Consumer, publication)
            : null;
}
