using System.Collections.Concurrent;
using Realtime.Documents;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>All repositories whose channels this gateway has members in.</summary>
internal sealed class RepositoryHub(IGrainFactory grains, GatewayIdentity gateway, GatewayMetrics metrics, ILogger<RepositoryHub> logger)
{
    // A repository's grain takes a lower version for a call that was overtaken, so those of a later subscription to the
    // same repository must be above all of an earlier one's.
    private const long VersionsPerSubscription = 1L << 32;

    private readonly ConcurrentDictionary<string, RepositorySubscription> _subscriptions = new(StringComparer.Ordinal);

    private long _lastFirstVersion;

    /// <summary>Repositories that have members here.</summary>
    public int Count => _subscriptions.Count;

    /// <summary>Makes a connection a member, or moves it to the audience of its new identity.</summary>
    /// <returns>The membership, or null if the repository can't be reached.</returns>
    public async Task<ISubscription?> JoinAsync(
        Connection connection, CallerIdentity identity, string repository, OutboundMessage? reply, int slot = OutboxItem.NoSlot)
    {
        var key = RepositoryKey.Create(identity.Database, repository);
        while (true)
        {
            var subscription = _subscriptions.GetOrAdd(key, Create);
            if (subscription.TryJoin(connection, identity, reply, slot) is { } join)
            {
                return await join ? subscription : null;
            }
        }
    }

    /// <summary>Number of connections in a repository's channel, whatever they may read.</summary>
    public ValueTask<int> CountMembersAsync(string database, string repository) =>
        grains.GetGrain<IRepositoryGrain>(RepositoryKey.Create(database, repository)).CountMembersAsync();

    /// <summary>Hands changes of the inbox to those who may know of them.</summary>
    public void Deliver(DocumentChanges changes)
    {
        if (_subscriptions.TryGetValue(changes.RepositoryKey, out var subscription))
        {
            subscription.Deliver(changes);
        }
    }

    /// <summary>What states the audiences of each repository again, and lets it look whether it missed anything.</summary>
    public IEnumerable<Func<Task>> Restatements =>
        _subscriptions.Select(static subscription => (Func<Task>)subscription.Value.RestateAsync);

    private RepositorySubscription Create(string key) => new(
        key,
        grains.GetGrain<IRepositoryGrain>(key),
        gateway.Id,
        Interlocked.Add(ref _lastFirstVersion, VersionsPerSubscription),
        retired => _subscriptions.TryRemove(KeyValuePair.Create(retired.Key, retired)),
        metrics,
        logger);
}
