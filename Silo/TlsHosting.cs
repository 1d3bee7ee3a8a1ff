using Orleans.Configuration;
using Realtime.Gateway.Hosting.Tls;

namespace Realtime.Silo;

/// <summary>Mutual TLS on both ports of a silo and its connections to others.</summary>
internal static class TlsHosting
{
    /// <summary>Adds it, if it is set.</summary>
    public static void AddTls(this ISiloBuilder silo, ClusterTlsOptions tls)
    {
        if (!tls.IsOn)
        {
            return;
        }

        var certificates = new ClusterCertificates(tls);
        silo.Configure<SiloConnectionOptions>(options =>
        {
            options.ConfigureSiloInboundConnection(connections => connections.AcceptTls(certificates));
            options.ConfigureSiloOutboundConnection(connections => connections.RequireTls(certificates));
            options.ConfigureGatewayInboundConnection(connections => connections.AcceptTls(certificates));
        });
    }
}
