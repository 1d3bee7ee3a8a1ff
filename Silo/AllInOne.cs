using Microsoft.Extensions.Options;
using Orleans.Configuration;
using Realtime.Documents;
using Realtime.Gateway;
using Realtime.Gateway.Hosting;
using Realtime.Gateway.Telemetry;
using Realtime.Providers.SqliteStorage;

namespace Realtime.Silo;

/// <summary>The all-in-one process: grains, gateway and embedded storage.</summary>
internal static class AllInOne
{
    private const string ServiceId = "realtime";

    /// <summary>Builds the host.</summary>
    public static WebApplication Build(WebApplicationBuilder builder)
    {
        if (builder.Configuration.GetSection(Gateway.Hosting.ClusterOptions.Section).GetSection("Storage").GetChildren().Any())
        {
            throw new OptionsValidationException(
                SiloModes.Setting,
                typeof(SiloMode),
                [$"{Gateway.Hosting.ClusterOptions.Section}:Storage is for {SiloModes.Setting}={SiloMode.Silo}: the all-in-one process keeps its state in Realtime:DataFolder."]);
        }

        var options = builder.Configuration.GetSection(SiloOptions.Section).Get<SiloOptions>() ?? new SiloOptions();
        builder.Services.AddOptions<SiloOptions>().Bind(builder.Configuration.GetSection(SiloOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        builder.UseOrleans(silo =>
        {
            ConfigureSilo(silo, builder.Configuration, options);
            silo.AddDevelopmentDashboard(builder.Environment);
        });
        builder.Services.AddHostedService<OnlyGateway>();
        builder.AddDevelopmentData();
        builder.Services.Configure<RealtimeOptions>(static realtime => realtime.DrainTime = TimeSpan.Zero);
        builder.Services.AddRealtimeGateway(builder.Configuration, isOnlyProcess: true);
        builder.Services.AddRealtimeTelemetry(builder.Configuration, ServiceId);
        var app = builder.Build();
        app.MapRealtime();
        app.MapDevelopmentDashboard();
        return app;
    }

    private static void ConfigureSilo(ISiloBuilder silo, ConfigurationManager configuration, SiloOptions options)
    {
        // One silo that nobody else joins; free ports, so that several can run on one machine.
        silo.UseLocalhostClustering(
            siloPort: ListenSockets.FindFreePort(), gatewayPort: 0, serviceId: ServiceId, clusterId: ServiceId);
        silo.Configure<SiloMessagingOptions>(static messaging => messaging.ResponseTimeout = CallLimits.Response);
        silo.AddSqliteGrainStorageAsDefault(storage => storage.Configure(
            sqlite => sqlite.DataSource = Path.Combine(options.DataFolder, "grains.db")));

        // Inboxes belong to gateways of this process, and end with it.
        silo.AddMemoryGrainStorage(InboxStreams.SubscriptionStore);
        silo.AddInboxStreams();
        silo.AddRealtimeGrains(isOnlyProcess: true);
        silo.AddTracePropagation();

        var documents = configuration.GetSection(DocumentOptions.Section);
        silo.Services.AddOptions<DocumentOptions>().Bind(documents).Configure(bounds => bounds.DataFolder = options.DataFolder);
        if (SiloHost.ReadDocumentStore(configuration) == DocumentStoreKind.Postgres)
        {
            silo.Services.AddPostgresDocumentStore(documents.Bind);
        }
        else
        {
            silo.Services.AddSqliteDocumentStore();
        }
    }
}
