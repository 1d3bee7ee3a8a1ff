using System.Buffers;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;
using Realtime.Tenants;

namespace Realtime.Gateway.Auth;

/// <summary>Which public keys exist and which tenant owns each, at most a second old.</summary>
internal sealed class DatabaseCache(IGrainFactory grains, IOptions<RealtimeOptions> options, TimeProvider time) : IDisposable
{
    private const int MaxKeyLength = 64;

    private static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(1);
    private static readonly SearchValues<char> KeyCharacters = SearchValues.Create(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = 20_000, Clock = new CacheClock(time) });

    private long _evictions;

    /// <summary>The database that a public key names; null if it names none.</summary>
    public async ValueTask<DatabaseRef?> FindAsync(string? publicKey)
    {
        if (publicKey is null || publicKey.Length is 0 or > MaxKeyLength || publicKey.AsSpan().ContainsAnyExcept(KeyCharacters))
        {
            return null;
        }

        if (_cache.TryGetValue(publicKey, out DatabaseRef? known))
        {
            return known;
        }

        var evictions = Interlocked.Read(ref _evictions);
        var tenant = await grains.GetGrain<IDatabaseGrain>(GrainKey.Encode(publicKey)).GetTenantAsync();
        var found = tenant is not null ? new DatabaseRef(publicKey, tenant)
            : options.Value.UnknownKeysUseDatabase is { } fallback && fallback != publicKey ? await FindAsync(fallback)
            : null;
        if (evictions == Interlocked.Read(ref _evictions))
        {
            _cache.Set(publicKey, found, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = Lifetime, Size = 1 });
        }

        return found;
    }

    /// <summary>Forgets a database, which was deleted.</summary>
    public void Evict(string publicKey)
    {
        Interlocked.Increment(ref _evictions);
        _cache.Remove(publicKey);
    }

    public void Dispose() => _cache.Dispose();
}

/// <summary>An existing database.</summary>
/// <param name="PublicKey">Its key.</param>
/// <param name="TenantId">The tenant that owns it.</param>
internal sealed record DatabaseRef(string PublicKey, string TenantId);
