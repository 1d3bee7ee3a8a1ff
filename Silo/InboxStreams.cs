using Realtime.Gateways;
using Realtime.Providers.PushStreams;

namespace Realtime.Silo;

/// <summary>The stream provider that carries the gateways' inboxes.</summary>
public static class InboxStreams
{
    /// <summary>Name of the grain storage that keeps who has subscribed to an inbox.</summary>
    public const string SubscriptionStore = "PubSubStore";

    // A queue waits while one of its streams finds its subscriber: with this many, gateways rarely share one.
    private const int QueueCount = 32;

    /// <summary>Adds it to a silo, which must have a grain storage named <see cref="SubscriptionStore"/>.</summary>
    /// <param name="silo">The silo.</param>
    public static ISiloBuilder AddInboxStreams(this ISiloBuilder silo) => silo.AddPushStreams(
        RealtimeStreams.ProviderName,
        static streams => streams.Configure(static options =>
        {
            options.QueueCount = QueueCount;
            options.SizeOf = static item => item is InboxMessage message ? message.SizeInBytes : 0;
        }));
}
