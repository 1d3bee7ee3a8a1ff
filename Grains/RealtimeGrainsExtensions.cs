using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Orleans.Providers;
using Orleans.Storage;
using Realtime.Channels;
using Realtime.Documents;
using Realtime.Gateways;
using Realtime.Sessions;
using Realtime.Telemetry;
using Realtime.Tenants;
using Realtime.Users;

namespace Realtime;

/// <summary>Adds the grains' services to a silo.</summary>
public static class RealtimeGrainsExtensions
{
    /// <summary>
    /// Registers options, channels, time, hashing and the way to the gateways. The silo brings the default grain storage, perhaps one
    /// named <see cref="RealtimeStorage.Large"/> (added before), and the stream provider <see cref="RealtimeStreams.ProviderName"/>.
    /// </summary>
    /// <param name="builder">The silo.</param>
    /// <param name="isOnlyProcess">Whether no gateway is in another process. Calls are cheaper then: nothing looks at each of them.</param>
    public static ISiloBuilder AddRealtimeGrains(this ISiloBuilder builder, bool isOnlyProcess = false)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var (services, configuration) = (builder.Services, builder.Configuration);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddKeyedSingleton(
            RealtimeStorage.Large,
            static (provider, _) => provider.GetRequiredKeyedService<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME));
        services.AddMetrics();
        services.AddSingleton<GrainMetrics>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<GrainMetrics>());
        services.AddGateways();
        if (!isOnlyProcess)
        {
            builder.AddOutgoingGrainCallFilter<GatewayCalls>();
        }

        services.TryAddSingleton<IDatabaseDocuments, DatabaseDocuments>();
        services.AddSingleton<ChannelEpochs>();
        services.AddSingleton<ChannelOrders>();
        services.AddSingleton<ILocalChannels>(static provider => provider.GetRequiredService<ChannelOrders>());
        services.AddPlacementDirector<ChannelRelayPlacement, ChannelRelayPlacementDirector>();
        services.AddSingleton<IChannelTails, ChannelTails>();
        services.AddSingleton<EarlierOrders>();
        services.AddSingleton<MemberSurveys>();
        services.AddSingleton<IValidateOptions<ChannelOptions>, ChannelOptionsValidator>();
        services.AddOptions<ChannelOptions>().Bind(configuration.GetSection(ChannelOptions.Section)).ValidateOnStart();

        services.AddSingleton<SessionGateways>();
        services.AddSingleton<IValidateOptions<SessionOptions>, SessionOptionsValidator>();
        services.AddOptions<SessionOptions>().Bind(configuration.GetSection(SessionOptions.Section)).ValidateOnStart();

        services.AddSingleton<PasswordHasher>();
        services.AddSingleton<IValidateOptions<PasswordOptions>, PasswordOptionsValidator>();
        services.AddOptions<PasswordOptions>().Bind(configuration.GetSection(PasswordOptions.Section)).ValidateOnStart();

        services.AddSingleton<IValidateOptions<PlanOptions>, PlanOptionsValidator>();
        services.AddOptions<PlanOptions>()
            .Configure(options => options.Read(configuration.GetSection(PlanOptions.Section)))
            .ValidateOnStart();
        return builder;
    }
}
