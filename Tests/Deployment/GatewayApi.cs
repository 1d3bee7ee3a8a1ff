using k8s;
using k8s.Models;

namespace Realtime.Tests.Deployment;

/// <summary>What the manifests use of the Gateway API, which isn't part of Kubernetes itself. A field that isn't here is a mistake.</summary>
internal static class GatewayApi
{
    /// <summary>By API version and kind, for the reader of manifests.</summary>
    public static Dictionary<string, Type> Types { get; } = new()
    {
        ["gateway.networking.k8s.io/v1/Gateway"] = typeof(Gateway),
        ["gateway.networking.k8s.io/v1/HTTPRoute"] = typeof(HttpRoute),
    };

    internal abstract class CustomObject : IKubernetesObject<V1ObjectMeta>
    {
        public string ApiVersion { get; set; } = "";

        public string Kind { get; set; } = "";

        public V1ObjectMeta Metadata { get; set; } = new();
    }

    internal sealed class Gateway : CustomObject
    {
        public GatewaySpec Spec { get; set; } = new();
    }

    internal sealed class GatewaySpec
    {
        public string GatewayClassName { get; set; } = "";

        public List<Listener> Listeners { get; set; } = [];
    }

    internal sealed class Listener
    {
        public string Name { get; set; } = "";

        public string Protocol { get; set; } = "";

        public int Port { get; set; }

        public string Hostname { get; set; } = "";

        public ListenerTls Tls { get; set; } = new();

        public AllowedRoutes AllowedRoutes { get; set; } = new();
    }

    internal sealed class ListenerTls
    {
        public string Mode { get; set; } = "";

        public List<Reference> CertificateRefs { get; set; } = [];
    }

    internal sealed class AllowedRoutes
    {
        public AllowedNamespaces Namespaces { get; set; } = new();
    }

    internal sealed class AllowedNamespaces
    {
        public string From { get; set; } = "";
    }

    internal sealed class HttpRoute : CustomObject
    {
        public HttpRouteSpec Spec { get; set; } = new();
    }

    internal sealed class HttpRouteSpec
    {
        public List<Reference> ParentRefs { get; set; } = [];

        public List<string> Hostnames { get; set; } = [];

        public List<Rule> Rules { get; set; } = [];
    }

    internal sealed class Rule
    {
        public List<Match> Matches { get; set; } = [];

        public Timeouts Timeouts { get; set; } = new();

        public List<Reference> BackendRefs { get; set; } = [];
    }

    internal sealed class Match
    {
        public PathMatch Path { get; set; } = new();
    }

    internal sealed class PathMatch
    {
        public string Type { get; set; } = "";

        public string Value { get; set; } = "";
    }

    internal sealed class Timeouts
    {
        public string? Request { get; set; }

        public string? BackendRequest { get; set; }
    }

    internal sealed class Reference
    {
        public string Name { get; set; } = "";

        public string? SectionName { get; set; }

        public int? Port { get; set; }
    }
}
