using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Hosting;

/// <summary>Composes a gateway process of a cluster: sockets and HTTP, and an Orleans client.</summary>
public static class ClusterGateway
{
    /// <summary>Builds the host.</summary>
    /// <param name="args">Command line, read as configuration.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is missing or bad.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = ProcessHost.CreateBuilder(args, static _ => DevelopmentDefaults.Gateway);
        builder.AddClusterClient(ClusterOptions.Read(builder.Configuration));
        builder.Services.AddRealtimeGateway(builder.Configuration);
        builder.Services.AddRealtimeTelemetry(builder.Configuration, "realtime-gateway");
        var app = builder.Build();
        app.MapRealtime();
        return app;
    }
}
