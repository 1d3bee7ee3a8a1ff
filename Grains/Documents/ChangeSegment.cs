using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;

namespace Realtime.Documents;

/// <summary>
/// Consecutive changes of a repository as one row of the outbox: a commit of many writes costs a row or two and not one
/// per write.
/// </summary>
/// <param name="First">Position of the first change; the others follow without a gap.</param>
/// <param name="Last">Position of the last change.</param>
/// <param name="Data">
/// Per change one byte <see cref="ChangeKind"/>, then account, owner and JSON, each as its length in bytes (4, little-endian)
/// and its UTF-8.
/// </param>
internal sealed record ChangeSegment(long First, long Last, byte[] Data)
{
    // Below what the garbage collector takes for large, and not many more rows than pages of a reader.
    private const int FullBytes = 64 * 1024;

    // What a row costs beside its data, about.
    private const int Overhead = 64;

    /// <summary>What the segment counts for in the bounds of the outbox.</summary>
    public int Bytes => Data.Length + Overhead;

    /// <summary>Packs the changes of a transaction.</summary>
    /// <param name="results">The results of its writes, in order.</param>
    public static List<ChangeSegment> Pack(IEnumerable<DocumentWriteResult> results)
    {
        var segments = new List<ChangeSegment>();
        var (changes, bytes) = (new List<WrittenDocument>(), 0);
        foreach (var change in results.SelectMany(result => result.Changes))
        {
            var size = SizeOf(change);
            if (bytes > 0 && bytes + size > FullBytes)
            {
                segments.Add(Pack(changes, bytes));
                changes.Clear();
                bytes = 0;
            }

            changes.Add(change);
            bytes += size;
        }

        if (changes.Count > 0)
        {
            segments.Add(Pack(changes, bytes));
        }

        return segments;
    }

    /// <summary>Adds the changes after a position to those before.</summary>
    /// <param name="changes">The changes so far; without a gap.</param>
    /// <param name="after">Position after which changes are wanted.</param>
    /// <returns>False if the segment doesn't follow without a gap.</returns>
    public bool TryAppendTo(ImmutableArray<WrittenDocument>.Builder changes, long after)
    {
        var next = changes.Count > 0 ? changes[^1].Position + 1 : after + 1;
        if (First > next)
        {
            return false;
        }

        var rest = Data.AsMemory();
        for (var position = First; position <= Last; position++)
        {
            var kind = (ChangeKind)rest.Span[0];
            rest = rest[1..];
            var (account, owner, json) = (Take(ref rest), Take(ref rest), Take(ref rest));
            if (position >= next)
            {
                changes.Add(new WrittenDocument(
                    position, kind, Encoding.UTF8.GetString(account.Span), Encoding.UTF8.GetString(owner.Span), json));
            }
        }

        return true;
    }

    private static int SizeOf(WrittenDocument change) =>
        1 + (3 * sizeof(int))
        + Encoding.UTF8.GetByteCount(change.AccountId) + Encoding.UTF8.GetByteCount(change.OwnerId) + change.Json.Length;

    private static ChangeSegment Pack(List<WrittenDocument> changes, int bytes)
    {
        var data = new byte[bytes];
        var rest = data.AsSpan();
        foreach (var change in changes)
        {
            rest[0] = (byte)change.Kind;
            rest = rest[1..];
            Put(change.AccountId, ref rest);
            Put(change.OwnerId, ref rest);
            change.Json.Span.CopyTo(rest[sizeof(int)..]);
            Close(change.Json.Length, ref rest);
        }

        return new ChangeSegment(changes[0].Position, changes[^1].Position, data);
    }

    private static void Put(string text, ref Span<byte> rest) => Close(Encoding.UTF8.GetBytes(text, rest[sizeof(int)..]), ref rest);

    private static void Close(int length, ref Span<byte> rest)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, length);
        rest = rest[(sizeof(int) + length)..];
    }

    private static ReadOnlyMemory<byte> Take(ref Memory<byte> rest)
    {
        var length = BinaryPrimitives.ReadInt32LittleEndian(rest.Span);
        var value = rest.Slice(sizeof(int), length);
        rest = rest[(sizeof(int) + length)..];
        return value;
    }
}
