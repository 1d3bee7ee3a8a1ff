using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Extensions.Caching.Memory;

namespace Realtime.Gateway.Auth;

/// <summary>
/// Session tokens of requests, each verified once in a while: a client sends the same one with each of its requests. They are
/// known by their hash; no token is kept.
/// </summary>
internal sealed class VerifiedTokens(SessionTokens tokens, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(1);

    private readonly MemoryCache _cache = new(new MemoryCacheOptions { SizeLimit = 20_000, Clock = new CacheClock(time) });

    /// <summary>Reads a token; null if it isn't authentic.</summary>
    /// <param name="text">The token.</param>
    public async ValueTask<SessionToken?> ReadAsync(string text)
    {
        var key = Hash(text);
        if (_cache.TryGetValue(key, out SessionToken? known))
        {
            return known!.ExpiresAt > time.GetUtcNow() ? known : known with { IsExpired = true };
        }

        if (await tokens.ReadAsync(text) is not { } token)
        {
            return null;
        }

        _cache.Set(key, token, new MemoryCacheEntryOptions { AbsoluteExpirationRelativeToNow = Lifetime, Size = 1 });
        return token;
    }

    /// <inheritdoc/>
    public void Dispose() => _cache.Dispose();

    // All bytes of the text count, also those of characters that no token has.
    private static UInt256 Hash(string text)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(MemoryMarshal.AsBytes(text.AsSpan()), hash);
        return MemoryMarshal.Read<UInt256>(hash);
    }

    private readonly record struct UInt256(UInt128 High, UInt128 Low);
}
