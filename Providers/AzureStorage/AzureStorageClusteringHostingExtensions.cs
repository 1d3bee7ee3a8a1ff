using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Messaging;

namespace Realtime.Providers.AzureStorage;

/// <summary>Has silos and clients find one another in an Azure table.</summary>
public static class AzureStorageClusteringHostingExtensions
{
    /// <summary>Keeps the silo's membership of its cluster in an Azure table.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="configure">Sets <see cref="AzureStorageClusteringOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder UseAzureStorageClustering(this ISiloBuilder builder, Action<AzureStorageClusteringOptions> configure) =>
        builder.UseAzureStorageClustering((OptionsBuilder<AzureStorageClusteringOptions> options) => options.Configure(configure));

    /// <summary>Keeps the silo's membership of its cluster in an Azure table.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="configure">Sets <see cref="AzureStorageClusteringOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder UseAzureStorageClustering(
        this ISiloBuilder builder, Action<OptionsBuilder<AzureStorageClusteringOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddOptions(builder.Services, configure, "Azure Storage clustering");
        builder.Services.AddSingleton<IMembershipTable, AzureMembershipTable>();
        return builder;
    }

    /// <summary>Finds the cluster's silos in an Azure table.</summary>
    /// <param name="builder">The client's builder.</param>
    /// <param name="configure">Sets <see cref="AzureStorageGatewayOptions"/>; a bad value stops the client at its start.</param>
    /// <returns>The builder.</returns>
    public static IClientBuilder UseAzureStorageClustering(this IClientBuilder builder, Action<AzureStorageGatewayOptions> configure) =>
        builder.UseAzureStorageClustering((OptionsBuilder<AzureStorageGatewayOptions> options) => options.Configure(configure));

    /// <summary>Finds the cluster's silos in an Azure table.</summary>
    /// <param name="builder">The client's builder.</param>
    /// <param name="configure">Sets <see cref="AzureStorageGatewayOptions"/>; a bad value stops the client at its start.</param>
    /// <returns>The builder.</returns>
    public static IClientBuilder UseAzureStorageClustering(
        this IClientBuilder builder, Action<OptionsBuilder<AzureStorageGatewayOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        AddOptions(builder.Services, configure, "Azure Storage gateway list");
        builder.Services.AddSingleton<IGatewayListProvider, AzureGatewayListProvider>();
        return builder;
    }

    private static void AddOptions<TOptions>(IServiceCollection services, Action<OptionsBuilder<TOptions>> configure, string subject)
        where TOptions : AzureTableOptions
    {
        ArgumentNullException.ThrowIfNull(configure);
        var options = services.AddOptions<TOptions>();
        configure(options);
        options.ValidateOnStart();
        services.AddSingleton<IValidateOptions<TOptions>>(new AzureTableOptionsValidator<TOptions>(Options.DefaultName, subject));
    }
}
