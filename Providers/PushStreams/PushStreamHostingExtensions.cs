using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Realtime.Providers.PushStreams;

/// <summary>Adds push streams to silos and clients.</summary>
/// <remarks>
/// <para>Events wait in bounded memory of the silo that publishes them and are pushed to subscribers at once. Per stream and
/// silo the order is kept; between silos there is none. Events can be lost: with the silo, when a stream's backlog exceeds its
/// bound, or when a subscriber doesn't acknowledge in time. Subscribers that mind number their events themselves.</para>
/// <para>A stream is as fast as its slowest subscriber, and streams don't hinder each other. A subscriber in the publishing
/// silo receives the very objects that were published, so nobody may change them. The request context isn't carried.</para>
/// </remarks>
public static class PushStreamHostingExtensions
{
    /// <summary>
    /// Adds a push stream provider to the silo. Subscriptions are kept in the grain storage of the same name or, failing that,
    /// in <c>PubSubStore</c>; one of them must exist.
    /// </summary>
    /// <param name="builder">The silo's builder.</param>
    /// <param name="name">The provider's name; the same on all silos and clients.</param>
    /// <param name="configure">Changes <see cref="PushStreamOptions"/>; a bad value stops the silo at its start.</param>
    /// <returns>The builder.</returns>
    public static ISiloBuilder AddPushStreams(this ISiloBuilder builder, string name, Action<OptionsBuilder<PushStreamOptions>>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);

        var options = builder.Services.AddOptions<PushStreamOptions>(name);
        configure?.Invoke(options);
        options.ValidateOnStart();
        builder.Services.AddSingleton<IValidateOptions<PushStreamOptions>>(new PushStreamOptionsValidator(name));
        builder.Services.TryAddSingleton<PushStreamMetrics>();
        builder.Services.AddKeyedSingleton(name, static (services, key) => PushStreamQueues.Create(services, (string)key!));
        builder.Services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(services => new PushStreamDrain(
            services.GetRequiredKeyedService<PushStreamQueues>(name), services.GetRequiredService<ILogger<PushStreamDrain>>()));

        return builder.AddPersistentStreams(
            name,
            static (services, provider) => new PushStreamAdapterFactory(services.GetRequiredKeyedService<PushStreamQueues>(provider)),
            streams =>
            {
                streams.ConfigureLifecycle(static lifecycle => lifecycle.Configure(static stages => stages.StartStage = PushStreamDrain.AgentStage));
                streams.ConfigurePartitionBalancing(static (_, _) => new PushStreamQueueBalancer());
                streams.ConfigurePullingAgent(agent => agent.Configure<IOptionsMonitor<PushStreamOptions>>((pulling, push) =>
                {
                    pulling.GetQueueMsgsTimerPeriod = push.Get(name).ReadRetryPeriod;
                    pulling.MaxEventDeliveryTime = push.Get(name).MaxEventDeliveryTime;
                }));
            });
    }

    /// <summary>
    /// Adds a push stream provider to an Orleans client, for subscribing only: publishing throws
    /// <see cref="NotSupportedException"/>, because the queues live in the silos.
    /// </summary>
    /// <param name="builder">The client's builder.</param>
    /// <param name="name">The provider's name; the same on all silos and clients.</param>
    /// <returns>The builder.</returns>
    public static IClientBuilder AddPushStreams(this IClientBuilder builder, string name)
    {
        ArgumentNullException.ThrowIfNull(builder);
        ArgumentException.ThrowIfNullOrWhiteSpace(name);

        return builder.AddPersistentStreams(name, static (_, provider) => new PushStreamClientAdapterFactory(provider), configureStream: null);
    }
}
