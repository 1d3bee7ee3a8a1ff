using System.Runtime.CompilerServices;
using System.Security.Cryptography;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// 128 random bits that only the client of a session knows, as part of the ids of its messages (protocol 1.9). Its sid, which
/// all members of its channels know, is made from it by a one-way function: whoever has the secret has proven that the
/// session is its own, and nothing needs to be looked up or compared.
/// </summary>
internal readonly struct SessionSecret
{
    /// <summary>Length in bytes.</summary>
    public const int Length = 16;

    private readonly Bytes _bytes;

    private SessionSecret(ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(_bytes);
        Sid = Derive(bytes);
    }

    private SessionSecret(Guid sid)
    {
        _bytes = default;
        Sid = sid;
    }

    /// <summary>The sid: a UUID of version 4 as far as anybody can tell (protocol 1.5).</summary>
    public Guid Sid { get; }

    /// <summary>A new one.</summary>
    public static SessionSecret Create()
    {
        Span<byte> bytes = stackalloc byte[Length];
        RandomNumberGenerator.Fill(bytes);
        return new SessionSecret(bytes);
    }

    /// <summary>The one that a client has shown.</summary>
    public static SessionSecret From(ReadOnlySpan<byte> bytes) => new(bytes[..Length]);

    /// <summary>Writes the secret, for its own client.</summary>
    public void CopyTo(Span<byte> destination) => ((ReadOnlySpan<byte>)_bytes).CopyTo(destination);

    /// <summary>That of a session whose client hasn't come back yet: nobody but the client has it.</summary>
    public static SessionSecret Unknown(Guid sid) => new(sid);

    private static Guid Derive(ReadOnlySpan<byte> secret)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(secret, hash);
        hash[6] = (byte)((hash[6] & 0x0F) | 0x40);
        hash[8] = (byte)((hash[8] & 0x3F) | 0x80);
        return new Guid(hash[..16], bigEndian: true);
    }

    [InlineArray(Length)]
    private struct Bytes
    {
        private byte _first;
    }
}
