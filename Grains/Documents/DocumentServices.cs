using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace Realtime.Documents;

/// <summary>Registers where documents are kept.</summary>
public static class DocumentServices
{
    /// <summary>Keeps documents in SQLite files of this process. Options are bound by the host.</summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="configure">Changes the options; may be null.</param>
    public static IServiceCollection AddSqliteDocumentStore(
        this IServiceCollection services, Action<DocumentOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, configure);
        services.TryAddSingleton<IDocumentStore, SqliteDocumentStore>();
        return services;
    }
    /// <summary>
    /// Keeps documents in PostgreSQL, whose tables are made before the silo starts. Options are bound by the host:
    /// <see cref="PostgresOptions"/> and <see cref="DocumentOptions"/>, which share a section.
    /// </summary>
    /// <param name="services">The silo's services.</param>
    /// <param name="configure">Changes the options; may be null.</param>
    public static IServiceCollection AddPostgresDocumentStore(
        this IServiceCollection services, Action<PostgresOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(services);
        AddOptions(services, null);
        var options = services.AddOptions<PostgresOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresOptions>, PostgresOptionsValidator>());
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<PostgresOptions>, ConnectionStringValidator>());
        services.TryAddSingleton<PostgresDatabase>();
        services.AddHostedService<PostgresStartup>();
        services.TryAddSingleton<IDocumentStore, PostgresDocumentStore>();
        return services;
    }

    private static void AddOptions(IServiceCollection services, Action<DocumentOptions>? configure)
    {
        var options = services.AddOptions<DocumentOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DocumentOptions>, DocumentOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
    }
}
