using System.Collections.Immutable;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>The latest publications of one channel, bounded in count, bytes and age. The oldest make room.</summary>
/// <remarks>It can reach back into earlier epochs: the order goes on, only its numbering began anew.</remarks>
internal sealed class PublicationHistory
{
    private readonly string _channel;
    private readonly ChannelPosition _start;
    private readonly ChannelOptions _bounds;
    private readonly TimeProvider _time;
    private readonly Queue<KeptPublications> _batches = new();
    private readonly PublicationMemory _memory = new();
    private ChannelPosition _startOfOwn;
    private int _count;
    private long _bytes;

    /// <param name="channel">Grain key of the channel.</param>
    /// <param name="start">Position before the first publication.</param>
    /// <param name="bounds">How much is kept.</param>
    /// <param name="time">The clock.</param>
    public PublicationHistory(string channel, ChannelPosition start, ChannelOptions bounds, TimeProvider time) =>
        (_channel, _start, _startOfOwn, Last, _bounds, _time) = (channel, start, start, start, bounds, time);

    /// <summary>Whether nothing is kept.</summary>
    public bool IsEmpty => _batches.Count == 0;

    /// <summary>Position of the latest publication; where the history started before the first.</summary>
    public ChannelPosition Last { get; private set; }

    /// <summary>Appends publications that follow <see cref="Last"/>.</summary>
    /// <param name="publications">The publications.</param>
    /// <param name="keep">False if nobody can ever ask for them; then nothing older is kept either.</param>
    public void Append(ChannelPublications publications, bool keep = true)
    {
        Last = publications.Last;
        if (!keep)
        {
            Clear();
            return;
        }

        if (publications.Payloads.Length - _bounds.HistoryCount is var beyond and > 0)
        {
            // Batches are dropped as a whole, and this one's end must not go with its beginning.
            publications = publications.Skip(Math.Min(beyond, publications.Payloads.Length - 1));
        }

        _batches.Enqueue(_memory.Keep(publications, _time.GetTimestamp(), _bytes));
        _count += publications.Payloads.Length;
        _bytes += publications.SizeInBytes;
        Trim();
    }

    /// <summary>Drops what is beyond the bounds.</summary>
    public void Trim()
    {
        while (_batches.TryPeek(out var oldest)
            && (_count > _bounds.HistoryCount || _bytes > _bounds.HistoryBytes || _time.GetElapsedTime(oldest.At) > _bounds.HistoryAge))
        {
            _batches.Dequeue();
            _count -= oldest.Count;
            _bytes -= oldest.SizeInBytes;
        }

        if (IsEmpty)
        {
            _memory.Release();
        }
    }

    /// <summary>Puts the past of earlier epochs before everything there is, if nothing is missing in between.</summary>
    /// <param name="base">Position before the past's first publication, or where the past stood if it has none.</param>
    /// <param name="past">The past, in order.</param>
    public void Prepend(ChannelPosition @base, IEnumerable<ChannelPublications> past)
    {
        var own = _batches.Select(batch => batch.Read(_channel)).ToArray();
        if (Last != _start && (own.Length == 0 || own[0].Previous != _start))
        {
            return;
        }

        Clear();
        Last = @base;
        foreach (var publications in past)
        {
            Append(publications with { Previous = Last });
        }

        _startOfOwn = Last;
        foreach (var publications in own)
        {
            Append(publications with { Previous = Last });
        }
    }

    /// <summary>Everything after a position, or null if that isn't in what is kept.</summary>
    public ImmutableArray<ChannelPublications>? ReadAfter(ChannelPosition position)
    {
        if (position == _start)
        {
            // Said before the past was put before it.
            position = _startOfOwn;
        }

        // Who joined an earlier epoch at its beginning has got nothing in it, and lacks nothing before it.
        var isJoin = position.Offset == 0 && position.Epoch < _start.Epoch;
        if (position == Last || (isJoin && position > Last))
        {
            return [];
        }

        var read = ImmutableArray.CreateBuilder<ChannelPublications>();
        foreach (var batch in _batches)
        {
            if (read.Count > 0 || batch.Previous == position || (isJoin && batch.Previous < position && position < batch.First))
            {
                read.Add(batch.Read(_channel));
            }
            else if (position >= batch.First && position < batch.Last)
            {
                read.Add(batch.Read(_channel).Skip((int)(position.Offset - batch.First.Offset) + 1));
            }
        }

        return read.Count == 0 ? null : read.ToImmutable();
    }

    /// <summary>The latest that are kept and fit into a number of bytes, and the position before them.</summary>
    /// <param name="maxBytes">The bytes, about.</param>
    public (ChannelPosition Base, ImmutableArray<ChannelPublications> Publications) ReadLatest(int maxBytes)
    {
        var beyond = _bytes - maxBytes;
        var latest = ImmutableArray.CreateBuilder<ChannelPublications>();
        foreach (var batch in _batches)
        {
            if (beyond > 0)
            {
                beyond -= batch.SizeInBytes;
            }
            else
            {
                latest.Add(batch.Read(_channel));
            }
        }

        return (latest.Count > 0 ? latest[0].Previous : Last, latest.ToImmutable());
    }

    private void Clear()
    {
        _batches.Clear();
        (_count, _bytes) = (0, 0);
        _memory.Release();
    }
}
