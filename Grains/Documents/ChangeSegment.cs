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
/// Per change one byte <see cref="ChangeKind"/>, account and owner as <see cref="BinaryWriter"/> writes texts, the length
/// of the JSON as a 7-bit encoded integer, the JSON.
/// </param>
internal sealed record ChangeSegment(long First, long Last, byte[] Data)
{
    // A reader's page holds whole segments, and a grain's answer a page.
    private const int FullBytes = 512 * 1024;

    // What a row costs beside its data, about.
    private const int Overhead = 64;

    /// <summary>What the segment counts for in the bounds of the outbox.</summary>
    public int Bytes => Data.Length + Overhead;

    /// <summary>Packs the changes of a transaction.</summary>
    /// <param name="results">The results of its writes, in order.</param>
    public static List<ChangeSegment> Pack(IEnumerable<DocumentWriteResult> results)
    {
        var segments = new List<ChangeSegment>();
        using var buffer = new MemoryStream();
        using var writer = new BinaryWriter(buffer, Encoding.UTF8);
        var (first, last) = (0L, 0L);
        foreach (var change in results.SelectMany(result => result.Changes))
        {
            if (buffer.Length >= FullBytes)
            {
                Cut();
            }

            first = buffer.Length == 0 ? change.Position : first;
            last = change.Position;
            Write(writer, change);
        }

        if (buffer.Length > 0)
        {
            Cut();
        }

        return segments;

        void Cut()
        {
            segments.Add(new ChangeSegment(first, last, buffer.ToArray()));
            buffer.SetLength(0);
        }
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

        using var reader = new BinaryReader(new MemoryStream(Data, writable: false), Encoding.UTF8);
        for (var position = First; position <= Last; position++)
        {
            var change = Read(reader, position);
            if (position >= next)
            {
                changes.Add(change);
            }
        }

        return true;
    }

    private static void Write(BinaryWriter writer, WrittenDocument change)
    {
        writer.Write((byte)change.Kind);
        writer.Write(change.AccountId);
        writer.Write(change.OwnerId);
        writer.Write7BitEncodedInt(change.Json.Length);
        writer.Write(change.Json.Span);
    }

    private static WrittenDocument Read(BinaryReader reader, long position)
    {
        var (kind, account, owner) = ((ChangeKind)reader.ReadByte(), reader.ReadString(), reader.ReadString());
        return new WrittenDocument(position, kind, account, owner, reader.ReadBytes(reader.Read7BitEncodedInt()));
    }
}
