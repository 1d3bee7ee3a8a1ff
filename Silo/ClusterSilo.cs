using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Realtime.Documents;
using Realtime.Gateway.Hosting;
using Realtime.Gateway.Telemetry;
using ClusterOptions = Realtime.Gateway.Hosting.ClusterOptions;

namespace Realtime.Silo;

/// <summary>One silo of a cluster: grains, with their state in Azure Storage and documents in PostgreSQL, and no public API.</summary>
internal static class ClusterSilo
{
    // Probes find a lost silo at once; this is for news that gossip didn't bring.
    private static readonly TimeSpan MembershipRefresh = TimeSpan.FromSeconds(10);

    // Twice: before grains deactivate, when gateways have turned away from this silo and what they had sent is still under
    // way, and after it.
    private static readonly TimeSpan LastAnswers = TimeSpan.FromSeconds(1);

    /// <summary>Builds the host.</summary>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        if (SiloHost.ReadDocumentStore(builder.Configuration) != DocumentStoreKind.Postgres)
        {
            throw new OptionsValidationException(
                DocumentOptions.Section,
                typeof(DocumentOptions),
                [$"{DocumentOptions.Section}:{nameof(DocumentOptions.Store)} must be {DocumentStoreKind.Postgres} with {SiloModes.Setting}={SiloMode.Silo}: SQLite files serve one process only."]);
        }

        var cluster = ClusterOptions.Read(builder.Configuration);
        var endpoint = FindAddress(cluster, builder.Environment);
        builder.UseOrleans(silo =>
        {
            ConfigureSilo(silo, builder.Configuration, cluster, endpoint);
            silo.AddDevelopmentDashboard(builder.Environment);
        });
        builder.AddDevelopmentData();
        builder.Services.AddSingleton<Readiness>();
        builder.Services.AddHostedService<SiloJoined>();
        builder.Services.AddRealtimeTelemetry(builder.Configuration, "realtime-silo");
        var app = builder.Build();
        app.MapHealth();
        app.MapMetrics();
        app.MapDevelopmentDashboard();
        return app;
    }

    private static void ConfigureSilo(ISiloBuilder silo, ConfigurationManager configuration, ClusterOptions cluster, IPAddress address)
    {
        var storage = ClusterStorage.Create(cluster.Storage);
        silo.Configure<Orleans.Configuration.ClusterOptions>(ids => (ids.ClusterId, ids.ServiceId) = (cluster.ClusterId, cluster.ServiceId));
        silo.Configure<EndpointOptions>(endpoints =>
        {
            endpoints.AdvertisedIPAddress = address;
            (endpoints.SiloPort, endpoints.GatewayPort) = (cluster.SiloPort, cluster.GatewayPort);
        });
        silo.Configure<ClusterMembershipOptions>(membership =>
        {
            membership.ProbeTimeout = cluster.ProbeTimeout;
            membership.NumMissedProbesLimit = cluster.MissedProbes;
            membership.NumVotesForDeathDeclaration = cluster.Votes;
            membership.TableRefreshTimeout = MembershipRefresh;
        });
        silo.Configure<SiloMessagingOptions>(static messaging =>
        {
            messaging.ResponseTimeout = CallLimits.Response;
            messaging.ClientDropTimeout = CallLimits.ClientDrop;
            messaging.ClientGatewayShutdownNotificationTimeout = LastAnswers;
            messaging.WaitForMessageToBeQueuedForOutboundTime = LastAnswers;
        });
        silo.UseAzureStorageClustering(membership => membership.TableServiceClient = storage.Tables);
        silo.AddAzureTableGrainStorageAsDefault(state =>
        {
            state.TableServiceClient = storage.Tables;
            state.DeleteStateOnClear = true;
        });
        silo.AddAzureBlobGrainStorage(RealtimeStorage.Large, (AzureBlobStorageOptions state) =>
        {
            state.BlobServiceClient = storage.Blobs;
            state.ContainerName = $"grainstate-{cluster.ServiceId}";
        });
        silo.AddAzureTableGrainStorage(InboxStreams.SubscriptionStore, (AzureTableStorageOptions state) =>
        {
            state.TableServiceClient = storage.Tables;
            state.DeleteStateOnClear = true;
        });
        silo.AddTls(cluster.Tls);
        silo.AddKubernetesHosting(cluster);
        silo.AddRepeatedCalls();
        silo.AddInboxStreams();
        silo.AddRealtimeGrains();
        silo.AddTracePropagation();

        var documents = configuration.GetSection(DocumentOptions.Section);
        silo.Services.AddOptions<DocumentOptions>().Bind(documents);
        silo.Services.AddPostgresDocumentStore(documents.Bind);
    }

    /// <summary>The address that this silo states in the membership; see <see cref="ClusterOptions.AdvertisedAddress"/>.</summary>
    private static IPAddress FindAddress(ClusterOptions cluster, IHostEnvironment environment)
    {
        if (IPAddress.TryParse(cluster.AdvertisedAddress, out var configured))
        {
            return configured;
        }

        if (IPAddress.TryParse(Environment.GetEnvironmentVariable("POD_IP"), out var pod))
        {
            return pod;
        }

        return environment.IsDevelopment() ? IPAddress.Loopback : FindHostAddress();
    }

    private static IPAddress FindHostAddress() => NetworkInterface.GetAllNetworkInterfaces()
        .Where(static network => network is { OperationalStatus: OperationalStatus.Up, NetworkInterfaceType: not NetworkInterfaceType.Loopback })
        .SelectMany(static network => network.GetIPProperties().UnicastAddresses)
        .Select(static unicast => unicast.Address)
        .FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork && !IPAddress.IsLoopback(address))
        ?? throw new OptionsValidationException(
            ClusterOptions.Section,
            typeof(ClusterOptions),
            [$"{ClusterOptions.Section}:{nameof(ClusterOptions.AdvertisedAddress)} must be set: this host has no IPv4 address but the loopback one."]);
}
