using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Runtime.Hosting;
using Orleans.Storage;

namespace Realtime.Providers.SqliteStorage;

/// <summary>Adds grain storage in an SQLite file to a silo.</summary>
/// <remarks>
/// For a cluster of one silo: the file must be used by one process only. A write is acknowledged when it is on disk.
/// </remarks>
public static class SqliteGrainStorageHostingExtensions
{
    /// <summary>Adds SQLite grain storage as the one that grains use when they name none.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="configure">Sets <see cref="SqliteGrainStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddSqliteGrainStorageAsDefault(this ISiloBuilder builder, Action<OptionsBuilder<SqliteGrainStorageOptions>> configure) =>
        builder.AddSqliteGrainStorage(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME, configure);

    /// <summary>Adds SQLite grain storage under a name.</summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="name">The name grains refer to.</param>
    /// <param name="configure">Sets <see cref="SqliteGrainStorageOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddSqliteGrainStorage(this ISiloBuilder builder, string name, Action<OptionsBuilder<SqliteGrainStorageOptions>> configure)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentNullException.ThrowIfNull(configure);

        var options = builder.Services.AddOptions<SqliteGrainStorageOptions>(name);
        configure(options);
        options.ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<SqliteGrainStorageOptions>>(new SqliteGrainStorageOptionsValidator(name));
        builder.Services.AddTransient<IPostConfigureOptions<SqliteGrainStorageOptions>, DefaultStorageProviderSerializerOptionsConfigurator<SqliteGrainStorageOptions>>();
        builder.Services.AddGrainStorage(name, SqliteGrainStorage.Create);
        return builder;
    }
}
