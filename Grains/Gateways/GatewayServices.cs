using Microsoft.Extensions.DependencyInjection;

namespace Realtime.Gateways;

/// <summary>Registers what the silo needs to know and reach the gateways.</summary>
internal static class GatewayServices
{
    /// <summary>Adds the roster and the inboxes.</summary>
    public static IServiceCollection AddGateways(this IServiceCollection services) => services
        .AddSingleton<GatewayRoster>()
        .AddSingleton<IGatewayRoster>(static provider => provider.GetRequiredService<GatewayRoster>())
        .AddSingleton<InboxPublisher>()
        .AddSingleton<IInboxPublisher>(static provider => provider.GetRequiredService<InboxPublisher>())
        .AddSingleton<SiloLosses>()
        .AddSingleton<ISiloLosses>(static provider => provider.GetRequiredService<SiloLosses>())
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<SiloLosses>())
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, GatewayRosterRefresher>()
        .AddSingleton<ILifecycleParticipant<ISiloLifecycle>, InboxBeats>();
}
