using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>All channels that this gateway has members in or publishes to.</summary>
internal sealed class ChannelHub
{
    private readonly ConcurrentDictionary<string, ChannelSubscription> _subscriptions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Database, string Name), ChannelPublisher> _publishers = new();

    private readonly GrainReferences<IChannelGrain> _grains;
    private readonly GatewayIdentity _gateway;
    private readonly PublicationNumbers _numbers;
    private readonly RecentPublications _recent;
    private readonly OwnMembers _own;
    private readonly ILocalChannels? _local;
    private readonly ChannelRelays? _relays;
    private readonly Func<string, ChannelSubscription> _createSubscription;
    private readonly Func<(string Database, string Name), ChannelPublisher> _createPublisher;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<ChannelHub> _logger;

    public ChannelHub(
        IGrainFactory grains,
        GatewayIdentity gateway,
        PublicationNumbers numbers,
        RecentPublications recent,
        IOptions<RealtimeOptions> options,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger<ChannelHub> logger,
        ILocalChannels? local = null)
    {
        (_grains, _gateway, _numbers, _recent, _metrics, _time, _logger) = (new(grains), gateway, numbers, recent, metrics, time, logger);
        (_createSubscription, _createPublisher) = (CreateSubscription, CreatePublisher);
        _own = new OwnMembers(publications => Deliver(publications, isKept: true), Restate);
        if (options.Value.HasOneProcess)
        {
            ArgumentNullException.ThrowIfNull(local);
            _local = local;
        }
        else
        {
            _relays = new ChannelRelays(silo => grains.GetGrain<IChannelRelayGrain>(ChannelRelayKey.Create(silo, gateway.Id)), time, logger);
        }
    }

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
            var subscription = _subscriptions.GetOrAdd(key, _createSubscription);
            if (subscription.TryJoin(connection, reply, slot) is { } join)
            {
                return await join ? subscription : null;
            }
        }
    }

    /// <summary>Publishes for a connection, which is answered once the channel has accepted it.</summary>
    /// <param name="sender">The connection.</param>
    /// <param name="database">Its database.</param>
    /// <param name="name">The channel.</param>
    /// <param name="payload">The encoded message.</param>
    /// <param name="gathered">Where it waits for what comes with it; null if nothing does.</param>
    public void Publish(
        Connection sender, string database, string name, ReadOnlyMemory<byte> payload, GatheredPublications? gathered = null) =>
        Publish(database, name, payload, sender.PublicationAnswered, sender, gathered);

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
    public void Deliver(ChannelPublications publications) => Deliver(publications, isKept: false);

    /// <summary>States the members of a channel again, whose grain has stopped.</summary>
    public void Restate(ChannelStopped stopped) => Restate(stopped.ChannelKey);

    /// <summary>Forgets channels that nothing has been published to since this was last called.</summary>
    public void ForgetIdlePublishers()
    {
        foreach (var publisher in _publishers)
        {
            if (publisher.Value.TryRetire())
            {
                _publishers.TryRemove(publisher);
            }
        }

        _relays?.ForgetIdle();
    }

    /// <summary>What this gateway knows of a channel, for an activation that continues it.</summary>
    public ChannelTail CollectTail(string key, long epoch, int maxBytes)
    {
        if (epoch == 0)
        {
            return new ChannelTail(_subscriptions.TryGetValue(key, out var counted) ? counted.MemberCount : 0, default, []);
        }

        var (members, served, known) = _subscriptions.TryGetValue(key, out var subscription) ? subscription.EnterEpoch(epoch) : default;
        var share = _recent.Collect(key, epoch, maxBytes);
        return new ChannelTail(members, served, share.Publications)
        {
            IsCut = share.IsCut,
            Epoch = Math.Max(known, _recent.GetEpoch(key)),
            LacksUpTo = share.LacksUpTo,
            Numbers = share.Numbers,
        };
    }

    /// <summary>What states the members of each channel again, and lets it look whether it missed anything.</summary>
    public IEnumerable<Func<Task>> Restatements =>
        _subscriptions.Select(static subscription => (Func<Task>)subscription.Value.RestateAsync);

    private IChannelGrain Grain(string key) => _grains.Get(key);

    private void Publish(
        string database,
        string name,
        ReadOnlyMemory<byte> payload,
        Action<bool> answer,
        Connection? sender = null,
        GatheredPublications? gathered = null)
    {
        var channel = (database, name);
        while (_publishers.GetOrAdd(channel, _createPublisher) is var publisher && !publisher.TryPublish(payload, answer, sender, gathered))
        {
            _publishers.TryRemove(KeyValuePair.Create(channel, publisher));
        }
    }

    private void Deliver(ChannelPublications publications, bool isKept)
    {
        if (_subscriptions.TryGetValue(publications.ChannelKey, out var subscription))
        {
            subscription.Deliver(publications, isKept);
            _metrics.Delivered(subscription.MemberCount);
        }
    }

    private void Restate(string key)
    {
        if (_subscriptions.TryGetValue(key, out var subscription))
        {
            _ = subscription.RestateAsync();
        }
    }

    private ChannelSubscription CreateSubscription(string key) => new(
        key,
        Grain(key),
        _gateway,
        _recent,
        retired => _subscriptions.TryRemove(KeyValuePair.Create(retired.Key, retired)),
        _metrics,
        _time,
        _logger);

    private ChannelPublisher CreatePublisher((string Database, string Name) channel)
    {
        var key = ChannelKey.Create(channel.Database, channel.Name);
        return new ChannelPublisher(key, new ChannelRoute(key, Grain(key), _local, _relays, () => Restate(key), _time), _numbers, _recent, _own, _time, _logger);
    }
}
