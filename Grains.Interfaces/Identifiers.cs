using System.Security.Cryptography;

namespace Realtime;

/// <summary>Makes the ids and secrets that this backend hands out. All are URL-safe and printable ASCII.</summary>
public static class Identifiers
{
    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>A new id of a document, user, account or tenant: 32 hexadecimal digits that sort by time of creation.</summary>
    public static string NewId() => Guid.CreateVersion7().ToString("N");

    /// <summary>A new public key (24 characters, 124 bits).</summary>
    public static string NewPublicKey() => RandomNumberGenerator.GetString(Alphabet, 24);

    /// <summary>A new secret (40 characters, 206 bits).</summary>
    public static string NewSecret() => RandomNumberGenerator.GetString(Alphabet, 40);
}
