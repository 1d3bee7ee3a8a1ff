using Realtime.Tests.Clients;

namespace Realtime.Tests.Cluster;

/// <summary>The built programs of a cluster.</summary>
/// <param name="Silo">That of a silo.</param>
/// <param name="Gateway">That of a gateway.</param>
public sealed record ClusterPrograms(string Silo, string Gateway)
{
    /// <summary>Those that were built together with the tests.</summary>
    public static ClusterPrograms OfThisBuild { get; } = new(Checkout.SiloAssembly, Checkout.GatewayAssembly);
}
