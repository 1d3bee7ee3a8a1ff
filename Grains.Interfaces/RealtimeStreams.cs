namespace Realtime;

/// <summary>The only place that spells stream providers, namespaces and storage names.</summary>
public static class RealtimeStreams
{
    /// <summary>Name of the stream provider that carries everything from grains to gateways.</summary>
    public const string ProviderName = "realtime";

    /// <summary>Namespace of the gateways' inboxes: one stream per gateway process, keyed by the gateway's id.</summary>
    public const string InboxNamespace = "inboxes";
}
