using Orleans.Configuration;
using Realtime.Documents;
using Realtime.Gateway;
using Realtime.Providers.SqliteStorage;

namespace Realtime.Silo;

/// <summary>Composes the all-in-one process: grains, gateway and embedded storage.</summary>
public static class SiloHost
{
    private const string ServiceId = "realtime";
    private const string PubSubStore = "PubSubStore";

    // What may take longer says so at its method. A subscriber that doesn't answer holds up its own stream this long.
    private static readonly TimeSpan ResponseTimeout = TimeSpan.FromSeconds(5);

    // A peer that is gone is noticed on HTTP/2, too (protocol 1.5).
    private static readonly TimeSpan Http2PingDelay = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Builds the host.</summary>
    /// <param name="args">Command line, read as configuration.</param>
    public static WebApplication Build(string[] args)
    {
        // Settings lie beside the program, wherever it is started from; the data folder is where it is started.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (builder.Environment.IsDevelopment())
        {
            builder.AddDevelopmentDefaults();
        }

        var options = builder.Configuration.GetSection(SiloOptions.Section).Get<SiloOptions>() ?? new SiloOptions();
        builder.Services.AddOptions<SiloOptions>().Bind(builder.Configuration.GetSection(SiloOptions.Section))
            .ValidateDataAnnotations().ValidateOnStart();
        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = ShutdownTimeout);
        builder.UseOrleans(silo => ConfigureSilo(silo, builder.Configuration, options));
        builder.Services.AddHostedService<OnlyGateway>();
        if (builder.Environment.IsDevelopment())
        {
            builder.Services.AddHostedService<DevelopmentSeed>();
        }
        else
        {
            builder.Services.AddHostedService<NoDevelopmentData>();
        }

        builder.Services.AddRealtimeGateway(builder.Configuration);
        if (builder.Configuration["Realtime:OperatorUrls"] is { Length: > 0 } operatorUrls)
        {
            builder.WebHost.UseUrls($"{builder.Configuration["urls"]};{operatorUrls}");
        }

        builder.WebHost.ConfigureKestrel(static kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.Http2.KeepAlivePingDelay = Http2PingDelay;
        });
        builder.WebHost.UseSockets(static sockets => sockets.CreateBoundListenSocket = ListenSockets.Create);

        var app = builder.Build();
        app.MapRealtime();
        return app;
    }

    private static void ConfigureSilo(ISiloBuilder silo, ConfigurationManager configuration, SiloOptions options)
    {
        // One silo that nobody else joins; free ports, so that several can run on one machine.
        silo.UseLocalhostClustering(
            siloPort: ListenSockets.FindFreePort(), gatewayPort: 0, serviceId: ServiceId, clusterId: ServiceId);
        silo.Configure<SiloMessagingOptions>(static messaging => messaging.ResponseTimeout = ResponseTimeout);
        silo.AddSqliteGrainStorageAsDefault(storage => storage.Configure(
            sqlite => sqlite.DataSource = Path.Combine(options.DataFolder, "grains.db")));

        // Inboxes belong to gateways of this process, and end with it.
        silo.AddMemoryGrainStorage(PubSubStore);
        silo.AddInboxStreams();
        silo.AddRealtimeGrains();
        AddDocumentStore(silo.Services, configuration.GetSection(DocumentOptions.Section), options);
    }

    private static void AddDocumentStore(IServiceCollection services, IConfigurationSection section, SiloOptions options)
    {
        services.AddOptions<DocumentOptions>().Bind(section).Configure(documents => documents.DataFolder = options.DataFolder);
        if (section.GetValue<DocumentStoreKind>(nameof(DocumentOptions.Store)) == DocumentStoreKind.Postgres)
        {
            services.AddPostgresDocumentStore(section.Bind);
        }
        else
        {
            services.AddSqliteDocumentStore();
        }
    }
}
