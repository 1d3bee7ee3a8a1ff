namespace Realtime.Gateway.Hosting;

/// <summary>What the hosts of all processes begin with.</summary>
public static class ProcessHost
{
    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(20);

    /// <summary>Makes a builder with the process's settings, its listeners and its time to stop.</summary>
    /// <param name="args">Command line, read as configuration.</param>
    /// <param name="developmentDefaults">Weakest settings in the development environment.</param>
    public static WebApplicationBuilder CreateBuilder(string[] args, Func<IConfiguration, IEnumerable<KeyValuePair<string, string?>>> developmentDefaults)
    {
        ArgumentNullException.ThrowIfNull(developmentDefaults);

        // Settings lie beside the program, wherever it is started from; the data folder is where it is started.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        if (builder.Environment.IsDevelopment())
        {
            // The first source is the weakest.
            builder.Configuration.Sources.Insert(
                0,
                new Microsoft.Extensions.Configuration.Memory.MemoryConfigurationSource { InitialData = developmentDefaults(builder.Configuration) });
        }

        builder.Services.Configure<HostOptions>(static host => host.ShutdownTimeout = ShutdownTimeout);
        builder.AddHttpListeners();
        return builder;
    }
}
