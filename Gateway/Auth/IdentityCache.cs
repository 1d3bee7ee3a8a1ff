using Microsoft.Extensions.Caching.Memory;
using Realtime.Users;

namespace Realtime.Gateway.Auth;

/// <summary>The current identities of users, at most a second old, and less when a change was announced.</summary>
internal sealed class IdentityCache(IGrainFactory grains, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = 20_000, Clock = new CacheClock(time) });
    private long _changes;

    /// <summary>Counts announced changes: who reads an identity while it moves must look again.</summary>
    public long Changes => Interlocked.Read(ref _changes);

    /// <summary>The identity of a user; null if there is no such user (any more).</summary>
    public async ValueTask<CallerIdentity?> GetAsync(string database, string userId)
    {
        var key = (database, userId);
        if (_cache.TryGetValue(key, out CallerIdentity? known))
        {
            return known;
        }

        var changes = Changes;
        var identity = await GetFreshAsync(database, userId);
        if (changes == Changes)
        {
            _cache.Set(key, identity, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = Lifetime, Size = 1 });
        }

        return identity;
    }

    /// <summary>The identity of a user as its grain knows it now.</summary>
    public ValueTask<CallerIdentity?> GetFreshAsync(string database, string userId) =>
        grains.GetGrain<IUserGrain>(UserKeys.User(database, userId)).GetIdentityAsync();

    /// <summary>Forgets a user, who was changed or removed.</summary>
    public void Evict(string database, string userId)
    {
        Interlocked.Increment(ref _changes);
        _cache.Remove((database, userId));
    }

    public void Dispose() => _cache.Dispose();
}
