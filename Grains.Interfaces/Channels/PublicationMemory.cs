using System.Buffers.Binary;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>
/// Keeps publications one after the other in large pieces of memory: what lives for minutes as single messages makes every
/// garbage collection longer by each of them. A piece is never used again, so whoever has read from it may keep that.
/// </summary>
public sealed class PublicationMemory
{
    private const int SmallestPiece = 512;

    // Less than what the collector treats as large objects, which it frees only when it looks at everything.
    private const int LargestPiece = 64 * 1024;

    private byte[] _piece = [];
    private int _used;

    /// <summary>Keeps publications.</summary>
    /// <param name="publications">The publications.</param>
    /// <param name="at">The time.</param>
    /// <param name="kept">Bytes that are kept still: the next piece is about as large, so that few publications need little.</param>
    public KeptPublications Keep(ChannelPublications publications, long at, long kept)
    {
        ArgumentNullException.ThrowIfNull(publications);
        var length = 0;
        foreach (var payload in publications.Payloads)
        {
            length += KeptPublications.LengthBytes + payload.Length;
        }

        var memory = Take(length, kept);
        var rest = memory.Span;
        foreach (var payload in publications.Payloads)
        {
            BinaryPrimitives.WriteInt32LittleEndian(rest, payload.Length);
            payload.Span.CopyTo(rest[KeptPublications.LengthBytes..]);
            rest = rest[(KeptPublications.LengthBytes + payload.Length)..];
        }

        return new KeptPublications(
            at,
            publications.Previous,
            publications.First,
            publications.Publisher,
            publications.Sequence,
            publications.Payloads.Length,
            publications.SizeInBytes,
            memory);
    }

    /// <summary>Lets go of the piece that is being filled, when nothing is kept any more.</summary>
    public void Release() => (_piece, _used) = ([], 0);

    private Memory<byte> Take(int length, long kept)
    {
        if (length > _piece.Length - _used)
        {
            var size = Math.Max(length, (int)Math.Clamp(kept, SmallestPiece, LargestPiece));
            (_piece, _used) = (GC.AllocateUninitializedArray<byte>(size), 0);
        }

        var taken = _piece.AsMemory(_used, length);
        _used += length;
        return taken;
    }
}
