using Orleans.Configuration;
using Realtime.Gateway.Hosting.Tls;
using Realtime.Gateway.Telemetry;
using Realtime.Providers.PushStreams;

namespace Realtime.Gateway.Hosting;

/// <summary>Connects a gateway process to its cluster.</summary>
internal static class ClusterClientHost
{
    // A silo that has come anew gets work from gateways this soon, and one that has died while it was frozen gets none.
    private static readonly TimeSpan SiloListRefresh = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan OpenConnectionTimeout = TimeSpan.FromSeconds(2);

    /// <summary>Adds the Orleans client. The host starts when it has reached a silo.</summary>
    public static void AddClusterClient(this WebApplicationBuilder builder, ClusterOptions cluster)
    {
        var storage = ClusterStorage.Create(cluster.Storage);
        builder.UseOrleansClient(client =>
        {
            client.Configure<Orleans.Configuration.ClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
            client.UseAzureStorageClustering(silos => silos.TableServiceClient = storage.Tables);
            client.Configure<GatewayOptions>(static silos => silos.GatewayListRefreshPeriod = SiloListRefresh);
            client.Configure<ConnectionOptions>(static connections => connections.OpenConnectionTimeout = OpenConnectionTimeout);
            client.Configure<ClientMessagingOptions>(static messaging => messaging.ResponseTimeout = CallLimits.Response);
            client.AddOutgoingGrainCallFilter(new RepeatedCalls(TimeProvider.System, isGateway: true));
            client.UseConnectionRetryFilter<ClusterConnectionRetry>();
            if (cluster.Tls.IsOn)
            {
                var certificates = new ClusterCertificates(cluster.Tls);
                client.Configure<ClientConnectionOptions>(options => options.ConfigureConnection(connections => connections.RequireTls(certificates)));
            }

            client.AddPushStreams(RealtimeStreams.ProviderName);
            if (TelemetryHost.ExportsTraces(builder.Configuration))
            {
                client.AddActivityPropagation();
            }
        });
    }
}
