using System.Security.Cryptography;
using System.Text;

namespace Realtime.Tenants;

/// <summary>The root token of a database: <c>userId|accountId|secret</c> (protocol 3.2).</summary>
/// <remarks>
/// Stored as SHA-256. Slow, salted hashes protect secrets that people choose; nobody guesses one of 206 random bits, and
/// a slow one would be paid on every request. The whole text is hashed, so the development token needs no three parts.
/// </remarks>
internal static class RootToken
{
    /// <summary>A new token.</summary>
    public static string Create(string userId, string accountId) => $"{userId}|{accountId}|{Identifiers.NewSecret()}";

    /// <summary>What is stored of a token.</summary>
    public static byte[] Hash(string token) => SHA256.HashData(Encoding.UTF8.GetBytes(token));

    /// <summary>Whether a token has that hash, in a time that doesn't depend on where they differ.</summary>
    public static bool Matches(string? token, byte[] hash) =>
        token is not null && CryptographicOperations.FixedTimeEquals(Hash(token), hash);
}
