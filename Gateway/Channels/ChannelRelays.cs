using System.Collections.Concurrent;
using Realtime.Channels;

namespace Realtime.Gateway.Channels;

/// <summary>This gateway's relays to the channels of other processes, one for each silo.</summary>
/// <param name="find">The relay's grain in a silo.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where failures are noted.</param>
internal sealed class ChannelRelays(Func<SiloAddress, IChannelRelayGrain> find, TimeProvider time, ILogger logger)
{
    private readonly ConcurrentDictionary<SiloAddress, ChannelRelay> _relays = new();

    /// <summary>The relay to a silo's channels; null if that has failed lately.</summary>
    public ChannelRelay? Find(SiloAddress silo) =>
        _relays.GetOrAdd(silo, silo => new ChannelRelay(find(silo), time, logger)) is { IsTrusted: true } relay ? relay : null;

    /// <summary>Forgets relays that haven't been used since this was last called; whoever has one may go on with it.</summary>
    public void ForgetIdle()
    {
        foreach (var relay in _relays)
        {
            if (!relay.Value.WasUsed())
            {
                _relays.TryRemove(relay);
            }
        }
    }
}
