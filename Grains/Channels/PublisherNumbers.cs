using System.Collections.Immutable;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>
/// How far a channel knows the publications of each gateway, so that what is said twice is ordered once. Nobody says
/// anything again after a while, so it is forgotten then.
/// </summary>
internal sealed class PublisherNumbers(TimeProvider time)
{
    /// <summary>How long a number is kept at least: a gateway repeats a publication for 10 s, and a call may be late.</summary>
    public static readonly TimeSpan Age = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, (long Sequence, long At)> _last = new(StringComparer.Ordinal);
    private long _trimmedAt = time.GetTimestamp();

    /// <summary>Number of gateways that are remembered.</summary>
    public int Count => _last.Count;

    /// <summary>The latest publication of each of them.</summary>
    public ImmutableArray<PublisherNumber> All => [.. _last.Select(static last => new PublisherNumber(last.Key, last.Value.Sequence))];

    /// <summary>How many publications, from the first on, are known.</summary>
    public int CountKnown(PublishBatch batch) =>
        (int)Math.Clamp(_last.GetValueOrDefault(batch.Publisher).Sequence + 1 - batch.Sequence, 0, batch.Payloads.Length);

    /// <summary>Notes the latest publication of a gateway.</summary>
    public void Note(string publisher, long sequence)
    {
        _last[publisher] = (Math.Max(sequence, _last.GetValueOrDefault(publisher).Sequence), time.GetTimestamp());
        if (time.GetElapsedTime(_trimmedAt) > Age)
        {
            Trim();
        }
    }

    private void Trim()
    {
        _trimmedAt = time.GetTimestamp();
        foreach (var (publisher, last) in _last)
        {
            if (time.GetElapsedTime(last.At) > Age)
            {
                _last.Remove(publisher);
            }
        }
    }
}
