using System.Collections.Concurrent;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>All channels that this gateway has members in or publishes to.</summary>
internal sealed class ChannelHub(
    IGrainFactory grains,
    GatewayIdentity gateway,
    PublicationNumbers numbers,
    RecentPublications recent,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<ChannelHub> logger)
{
    private static readonly OutboundMessage NotSent = MessageEncoder.Error(ErrorTexts.UnableToSend);

    private readonly ConcurrentDictionary<string, ChannelSubscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, ChannelPublisher> _publishers = new(StringComparer.Ordinal);

    /// <summary>Channels that have members here.</summary>
    public int Count => _subscriptions.Count;

    /// <summary>Makes a connection a member of a channel of its database.</summary>
    /// <returns>The membership, or null if the channel can't be reached.</returns>
    public async Task<ISubscription?> JoinAsync(
        Connection connection, string database, string name, OutboundMessage? reply, int slot = OutboxItem.NoSlot)
    {
        var key = ChannelKey.Create(database, name);
        while (true)
        {
            var subscription = _subscriptions.GetOrAdd(key, CreateSubscription);
            if (subscription.TryJoin(connection, reply, slot) is { } join)
            {
                return await join ? subscription : null;
            }
        }
    }

    /// <summary>Publishes for a connection, which is answered once the channel has accepted it.</summary>
    public void Publish(Connection sender, string database, string name, ReadOnlyMemory<byte> payload) =>
        Publish(database, name, payload, isAccepted => sender.EndPublication(isAccepted ? MessageEncoder.Ok : NotSent));

    /// <summary>Publishes a message that no connection waits for.</summary>
    /// <exception cref="TemporarilyUnavailableException">The channel couldn't be reached.</exception>
    public async Task AnnounceAsync(string database, string name, ReadOnlyMemory<byte> payload)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Publish(database, name, payload, answer.SetResult);
        if (!await answer.Task)
        {
            throw new TemporarilyUnavailableException();
        }
    }

    /// <summary>Number of connections in a channel, over all gateways.</summary>
    public ValueTask<int> CountMembersAsync(string database, string name) => Grain(ChannelKey.Create(database, name)).CountMembersAsync();

    /// <summary>Hands publications of the inbox to the members.</summary>
    public void Deliver(ChannelPublications publications)
    {
        if (_subscriptions.TryGetValue(publications.ChannelKey, out var subscription))
        {
            subscription.Deliver(publications);
            metrics.Delivered(subscription.MemberCount);
        }
    }

    /// <summary>States the members of a channel again, whose grain has stopped.</summary>
    public void Restate(ChannelStopped stopped)
    {
        if (_subscriptions.TryGetValue(stopped.ChannelKey, out var subscription))
        {
            _ = subscription.RestateAsync();
        }
    }

    /// <summary>What this gateway knows of a channel, for an activation that continues it.</summary>
    public ChannelTail CollectTail(string key, long epoch, int maxBytes)
    {
        if (epoch == 0)
        {
            return new ChannelTail(_subscriptions.TryGetValue(key, out var counted) ? counted.MemberCount : 0, default, []);
        }

        var (members, served, known) = _subscriptions.TryGetValue(key, out var subscription) ? subscription.EnterEpoch(epoch) : default;
        var share = recent.Collect(key, epoch, maxBytes);
        return new ChannelTail(members, served, share.Publications)
        {
            IsCut = share.IsCut,
            Epoch = Math.Max(known, recent.GetEpoch(key)),
            LacksUpTo = share.LacksUpTo,
            Numbers = share.Numbers,
        };
    }

    /// <summary>What states the members of each channel again, and lets it look whether it missed anything.</summary>
    public IEnumerable<Func<Task>> Restatements =>
        _subscriptions.Select(static subscription => (Func<Task>)subscription.Value.RestateAsync);

    private IChannelGrain Grain(string key) => grains.GetGrain<IChannelGrain>(key);

    private void Publish(string database, string name, ReadOnlyMemory<byte> payload, Action<bool> answer)
    {
        var key = ChannelKey.Create(database, name);
        while (!_publishers.GetOrAdd(key, CreatePublisher).TryPublish(payload, answer))
        {
        }
    }

    private ChannelSubscription CreateSubscription(string key) => new(
        key,
        Grain(key),
        gateway,
        recent,
        retired => _subscriptions.TryRemove(KeyValuePair.Create(retired.Key, retired)),
        metrics,
        time,
        logger);

    private ChannelPublisher CreatePublisher(string key) => new(
        key,
        Grain(key),
        numbers,
        recent,
        retired => _publishers.TryRemove(KeyValuePair.Create(key, retired)),
        time,
        logger);
}
