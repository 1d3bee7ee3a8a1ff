using Realtime.Documents;
using Realtime.Gateway.Hosting;

namespace Realtime.Silo;

/// <summary>Composes the process: everything in one, or one silo of a cluster.</summary>
public static class SiloHost
{
    /// <summary>Builds the host.</summary>
    /// <param name="args">Command line, read as configuration.</param>
    /// <exception cref="Microsoft.Extensions.Options.OptionsValidationException">A setting is missing or bad.</exception>
    public static WebApplication Build(string[] args)
    {
        var builder = ProcessHost.CreateBuilder(args, GetDevelopmentDefaults);
        return SiloModes.Read(builder.Configuration) == SiloMode.Silo ? ClusterSilo.Build(builder) : AllInOne.Build(builder);
    }

    /// <summary>Adds what looks after the development environment's data: it is made there, and refused elsewhere.</summary>
    internal static void AddDevelopmentData(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<StartupCalls>();
        if (builder.Environment.IsDevelopment())
        {
            builder.Services.AddHostedService<DevelopmentSeed>();
        }
        else
        {
            builder.Services.AddHostedService<NoDevelopmentData>();
        }
    }

    /// <summary>Which document store the settings choose.</summary>
    internal static DocumentStoreKind ReadDocumentStore(IConfiguration configuration) =>
        configuration.GetSection(DocumentOptions.Section).GetValue<DocumentStoreKind>(nameof(DocumentOptions.Store));

    private static Dictionary<string, string?> GetDevelopmentDefaults(IConfiguration configuration) =>
        SiloModes.Read(configuration) == SiloMode.Silo ? DevelopmentDefaults.Silo : DevelopmentDefaults.GetAllInOne(configuration);
}
