using System.Security.Cryptography;

namespace Realtime;

/// <summary>Makes the ids and secrets that this backend hands out. All are URL-safe and printable ASCII.</summary>
public static class Identifiers
{
    private const int CounterStart = 13;
    private const int CounterLength = 3;

    private const string Alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";

    /// <summary>A new id of a document, user, account or tenant: 32 hexadecimal digits that sort by time of creation.</summary>
    public static string NewId() => Guid.CreateVersion7().ToString("N");

    /// <summary>One of up to 4,096 ids that follow from a new id and sort by number.</summary>
    /// <param name="id">An id from <see cref="NewId"/>.</param>
    /// <param name="number">0 to 4,095; takes the place of the 12 bits that RFC 9562 leaves to a counter (6.2, method 1).</param>
    public static string Number(string id, int number)
    {
        ArgumentNullException.ThrowIfNull(id);
        return $"{id.AsSpan(0, CounterStart)}{number:x3}{id.AsSpan(CounterStart + CounterLength)}";
    }

    /// <summary>A new public key (24 characters, 124 bits).</summary>
    public static string NewPublicKey() => RandomNumberGenerator.GetString(Alphabet, 24);

    /// <summary>A new secret (40 characters, 206 bits).</summary>
    public static string NewSecret() => RandomNumberGenerator.GetString(Alphabet, 40);
}
