using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Realtime.Providers.AzureStorage;

/// <summary>Adds grain state in Azure blobs to a silo, for states that are too large for a table.</summary>
public static class AzureBlobGrainStorageHostingExtensions
{
    /// <summary>Adds Azure blob grain storage as the one that grains use when they name none.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="configure">Sets <see cref="AzureBlobStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureBlobGrainStorageAsDefault(this ISiloBuilder builder, Action<AzureBlobStorageOptions> configure) =>
        builder.AddAzureBlobGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds Azure blob grain storage as the one that grains use when they name none.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="configure">Sets <see cref="AzureBlobStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureBlobGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<AzureBlobStorageOptions>> configure) =>
        builder.AddAzureBlobGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds Azure blob grain storage under a name.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="name">The name grains refer to.</param>
    /// <param name="configure">Sets <see cref="AzureBlobStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureBlobGrainStorage(this ISiloBuilder builder, string name, Action<AzureBlobStorageOptions> configure) =>
        builder.AddAzureBlobGrainStorage(name, (OptionsBuilder<AzureBlobStorageOptions> options) => options.Configure(configure));

    /// <summary>Adds Azure blob grain storage under a name.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="name">The name grains refer to.</param>
    /// <param name="configure">Sets <see cref="AzureBlobStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddAzureBlobGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<AzureBlobStorageOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);

        var options = builder.Services.AddOptions<AzureBlobStorageOptions>(name);
        configure(options);
        options.ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<AzureBlobStorageOptions>>(new AzureBlobStorageOptionsValidator(name));
        builder.Services.AddTransient<IPostConfigureOptions<AzureBlobStorageOptions>, DefaultStorageProviderSerializerOptionsConfigurator<AzureBlobStorageOptions>>();
        builder.Services.AddGrainStorage(name, AzureBlobGrainStorage.Create);
        return builder;
    }
}
