using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Realtime.Providers.AzureStorage;

/// <summary>Adds grain state in Azure tables to a silo; a state takes up to 960 KB.</summary>
public static class AzureTableGrainStorageHostingExtensions
{
    /// <summary>Adds Azure table grain storage as the one that grains use when they name none.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="configure">Sets <see cref="AzureTableStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureTableGrainStorageAsDefault(this ISiloBuilder builder, Action<AzureTableStorageOptions> configure) =>
        builder.AddAzureTableGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds Azure table grain storage as the one that grains use when they name none.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="configure">Sets <see cref="AzureTableStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureTableGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<AzureTableStorageOptions>> configure) =>
        builder.AddAzureTableGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds Azure table grain storage under a name.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="name">The name grains refer to.</param>
    /// <param name="configure">Sets <see cref="AzureTableStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureTableGrainStorage(this ISiloBuilder builder, string name, Action<AzureTableStorageOptions> configure) =>
        builder.AddAzureTableGrainStorage(name, (OptionsBuilder<AzureTableStorageOptions> options) => options.Configure(configure));

    /// <summary>Adds Azure table grain storage under a name.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="name">The name grains refer to.</param>
    /// <param name="configure">Sets <see cref="AzureTableStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureTableGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<AzureTableStorageOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);

        var options = builder.Services.AddOptions<AzureTableStorageOptions>(name);
        configure(options);
        options.ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<AzureTableStorageOptions>>(new AzureTableOptionsValidator<AzureTableStorageOptions>(name, $"Azure table grain storage '{name}'"));
        builder.Services.AddTransient<IPostConfigureOptions<AzureTableStorageOptions>, DefaultStorageProviderSerializerOptionsConfigurator<AzureTableStorageOptions>>();
        builder.Services.AddGrainStorage(name, AzureTableGrainStorage.Create);
        return builder;
    }
}
