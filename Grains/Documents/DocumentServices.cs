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
        var options = services.AddOptions<DocumentOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.TryAddEnumerable(ServiceDescriptor.Singleton<IValidateOptions<DocumentOptions>, DocumentOptionsValidator>());
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IDocumentStore, SqliteDocumentStore>();
        return services;
    }
}
