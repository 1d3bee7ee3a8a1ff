using Realtime.Gateways;
using Realtime.Providers.PushStreams;

namespace Realtime.Silo;

/// <summary>The stream provider that carries the gateways' inboxes.</summary>
public static class InboxStreams
{
    /// <summary>Adds it to a silo. The silo must have a grain storage named <c>PubSubStore</c>.</summary>
    /// <param name="silo">The silo.</param>
    public static ISiloBuilder AddInboxStreams(this ISiloBuilder silo) => silo.AddPushStreams(
        RealtimeStreams.ProviderName,
        static streams => streams.Configure(static options =>
            options.SizeOf = static item => item is InboxMessage message ? message.SizeInBytes : 0));
}
