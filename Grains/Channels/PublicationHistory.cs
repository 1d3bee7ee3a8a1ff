using System.Collections.Immutable;

namespace Realtime.Channels;

/// <summary>The latest publications of one channel, bounded in count and bytes. The oldest make room.</summary>
internal sealed class PublicationHistory(int maxCount, long maxBytes)
{
    private readonly Queue<ReadOnlyMemory<byte>> _payloads = new();
    private long _bytes;

    /// <summary>Offset of the latest publication; 0 before the first.</summary>
    public long LastOffset { get; private set; }

    /// <summary>Appends a publication.</summary>
    /// <param name="payload">The publication.</param>
    /// <param name="keep">False if nobody can ever ask for it; then nothing older is kept either.</param>
    public void Append(ReadOnlyMemory<byte> payload, bool keep = true)
    {
        LastOffset++;
        if (!keep)
        {
            _payloads.Clear();
            _bytes = 0;
            return;
        }

        _payloads.Enqueue(payload);
        _bytes += payload.Length;
        while (_payloads.Count > maxCount || _bytes > maxBytes)
        {
            _bytes -= _payloads.Dequeue().Length;
        }
    }

    /// <summary>Everything after an offset, or null if that reaches back beyond what is kept.</summary>
    public ImmutableArray<ReadOnlyMemory<byte>>? ReadAfter(long offset)
    {
        var missing = LastOffset - offset;
        return missing < 0 || missing > _payloads.Count ? null : [.. _payloads.Skip(_payloads.Count - (int)missing)];
    }
}
