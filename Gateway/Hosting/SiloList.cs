using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Realtime.Gateway.Hosting;

/// <summary>
/// The silos that this gateway may send to: those of the membership, read every few seconds, less those that have said
/// they are about to stop, at once.
/// </summary>
internal sealed class SiloList(IGatewayListProvider membership, StoppingSilos stopping) : IGatewayListProvider
{
    /// <summary>How often Orleans asks; mostly answered from memory.</summary>
    public static readonly TimeSpan AskPeriod = TimeSpan.FromMilliseconds(400);

    private static readonly TimeSpan ReadPeriod = TimeSpan.FromSeconds(3);

    private IList<Uri> _known = [];
    private DateTime _readAt;

    /// <inheritdoc/>
    public TimeSpan MaxStaleness => AskPeriod;

    /// <inheritdoc/>
    [Obsolete("Orleans doesn't ask any more.")]
    public bool IsUpdatable => true;

    /// <inheritdoc/>
    public Task InitializeGatewayListProvider() => membership.InitializeGatewayListProvider();

    /// <inheritdoc/>
    public async Task<IList<Uri>> GetGateways()
    {
        if (_known.Count == 0 || DateTime.UtcNow - _readAt >= ReadPeriod)
        {
            // A storage that is away leaves the silos known so far, so it is asked again only after a while either way.
            _readAt = DateTime.UtcNow;
            _known = await membership.GetGateways();
        }

        var staying = _known.Where(silo => !stopping.Contains($"{silo.Host}:{silo.Port}")).ToList();
        return staying.Count == 0 ? _known : staying;
    }
}

/// <summary>Adds <see cref="SiloList"/> to a client.</summary>
public static class SiloListExtensions
{
    /// <summary>
    /// Has the client turn away from silos that announce their end in this gateway's inbox. Call it after the clustering
    /// was chosen.
    /// </summary>
    /// <param name="client">The client.</param>
    public static IClientBuilder AvoidStoppingSilos(this IClientBuilder client)
    {
        ArgumentNullException.ThrowIfNull(client);
        var chosen = client.Services.Last(static service => service.ServiceType == typeof(IGatewayListProvider));
        client.Services.TryAddSingleton<StoppingSilos>();
        client.Services.Replace(ServiceDescriptor.Singleton<IGatewayListProvider>(services => new SiloList(
            (IGatewayListProvider)(chosen.ImplementationInstance
                ?? chosen.ImplementationFactory?.Invoke(services)
                ?? ActivatorUtilities.CreateInstance(services, chosen.ImplementationType!)),
            services.GetRequiredService<StoppingSilos>())));
        client.Configure<GatewayOptions>(static silos => silos.GatewayListRefreshPeriod = SiloList.AskPeriod);
        return client;
    }
}
