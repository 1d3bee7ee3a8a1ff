using System.Buffers;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace Realtime;

/// <summary>
/// Builds grain keys whose parts can never run into each other, whatever a client puts into a name.
/// </summary>
/// <remarks>
/// A part is written in <c>[A-Za-z0-9-]</c>; every other byte of its UTF-8 form becomes <c>~</c> and two hexadecimal
/// digits. Parts are joined by <c>:</c>, which the encoding never produces. Storage providers may sanitise
/// <c>/ \ # ? _</c> and control characters; none of them ever reaches one, so two tenants' keys can't meet.
/// The form decides tenant isolation and can't be changed once data exists.
/// </remarks>
public static class GrainKey
{
    private const string Base32Alphabet = "abcdefghijklmnopqrstuvwxyz234567";

    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private static readonly SearchValues<char> PlainCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>Joins parts that may hold any character into one key.</summary>
    /// <param name="first">The first part, by convention the database.</param>
    /// <param name="second">The second part.</param>
    public static string Join(string first, string second) => $"{Encode(first)}:{Encode(second)}";

    /// <summary>Joins a part with the SHA-256 of a name of any length, in base32 (52 characters).</summary>
    /// <param name="first">The first part, by convention the database.</param>
    /// <param name="name">A name that may be longer than a storage key allows.</param>
    public static string JoinHashed(string first, string name) => $"{Encode(first)}:{Hash(name)}";

    /// <summary>Writes one part in the alphabet of a key. Distinct parts have distinct encodings.</summary>
    /// <param name="part">Any text; an unpaired surrogate is refused with an <see cref="ArgumentException"/>.</param>
    public static string Encode(string part)
    {
        ArgumentNullException.ThrowIfNull(part);
        if (part.AsSpan().IndexOfAnyExcept(PlainCharacters) < 0)
        {
            return part;
        }

        var builder = new StringBuilder(part.Length + 8);
        foreach (var value in StrictUtf8.GetBytes(part))
        {
            if (PlainCharacters.Contains((char)value))
            {
                builder.Append((char)value);
            }
            else
            {
                builder.Append('~').Append(value.ToString("X2", null));
            }
        }

        return builder.ToString();
    }

    /// <summary>Reads back one part that <see cref="Encode"/> has written.</summary>
    /// <param name="encoded">The encoded part.</param>
    public static string Decode(string encoded)
    {
        ArgumentNullException.ThrowIfNull(encoded);
        if (!encoded.Contains('~', StringComparison.Ordinal))
        {
            return encoded;
        }

        var bytes = new ArrayBufferWriter<byte>(encoded.Length);
        for (var i = 0; i < encoded.Length;)
        {
            var isEscape = encoded[i] == '~';
            bytes.Write([isEscape ? Convert.ToByte(encoded.Substring(i + 1, 2), 16) : (byte)encoded[i]]);
            i += isEscape ? 3 : 1;
        }

        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>Splits a key made by <see cref="Join"/> into its two decoded parts.</summary>
    /// <param name="key">The key.</param>
    public static (string First, string Second) Split(string key)
    {
        ArgumentNullException.ThrowIfNull(key);
        var separator = key.IndexOf(':', StringComparison.Ordinal);
        return (Decode(key[..separator]), Decode(key[(separator + 1)..]));
    }

    private static string Hash(string name)
    {
        // The UTF-16 units as they are keep every distinct name distinct. Any encoder would write the same replacement
        // character for all unpaired surrogates.
        var hash = SHA256.HashData(MemoryMarshal.AsBytes(name.AsSpan()));
        return string.Create(52, hash, static (target, source) =>
        {
            int buffer = 0, bits = 0, position = 0;
            foreach (var value in source)
            {
                buffer = ((buffer & 0x1F) << 8) | value;
                bits += 8;
                while (bits >= 5)
                {
                    bits -= 5;
                    target[position++] = Base32Alphabet[(buffer >> bits) & 31];
                }
            }

            target[position] = Base32Alphabet[(buffer << (5 - bits)) & 31];
        });
    }
}
