using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Realtime.Channels;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>What <see cref="RecentPublications"/> keeps of one channel. Not safe for concurrent use.</summary>
internal sealed class RecentChannel(string key)
{
    private readonly Dictionary<ChannelPosition, KeptPublications> _kept = [];
    private readonly PublicationMemory _memory = new();

    // Numbers of publications that had to go before their time.
    private readonly Dictionary<string, long> _lost = new(StringComparer.Ordinal);
    private ChannelPosition _lacksUpTo;
    private long _bytes;

    /// <summary>Grain key of the channel.</summary>
    public string Key => key;

    public bool IsEmpty => _kept.Count == 0;

    /// <summary>Latest epoch of what was kept.</summary>
    public long LatestEpoch { get; private set; }

    /// <summary>Latest time at which something was added that had to go before its time; null if nothing had to.</summary>
    public long? LostAt { get; private set; }

    /// <summary>Whether it waits to be forgotten, as there is nothing left but what it lacks.</summary>
    public bool IsNoted { get; set; }

    /// <summary>Keeps publications. Some come twice: what a history read brings may have been delivered, or published here, before.</summary>
    /// <param name="publications">The publications.</param>
    /// <param name="at">The time, as a timestamp of the clock.</param>
    /// <param name="isNew">False if they are kept already, or part of them.</param>
    /// <returns>Bytes that have been added.</returns>
    public int Add(ChannelPublications publications, long at, out bool isNew)
    {
        LatestEpoch = Math.Max(LatestEpoch, publications.First.Epoch);
        ref var kept = ref CollectionsMarshal.GetValueRefOrAddDefault(_kept, publications.First, out var isKnown);
        isNew = !isKnown;
        var before = kept;
        if (publications.Payloads.Length > before.Count)
        {
            kept = _memory.Keep(publications, at, _bytes);
        }

        // Of two predecessors the earlier one was named after the order had been joined to that of an earlier epoch.
        kept = kept with { Previous = isKnown && before.Previous < publications.Previous ? before.Previous : publications.Previous };
        var added = kept.SizeInBytes - before.SizeInBytes;
        _bytes += added;
        return added;
    }

    /// <summary>Drops publications that are old.</summary>
    /// <returns>Their bytes.</returns>
    public int Forget(ChannelPosition first) => Remove(first).SizeInBytes;

    /// <summary>Drops publications that aren't old, and remembers that they are lacking.</summary>
    /// <param name="first">Position of the first.</param>
    /// <param name="addedAt">When they were added.</param>
    /// <returns>Their bytes.</returns>
    public int Lose(ChannelPosition first, long addedAt)
    {
        var publications = Remove(first);
        LostAt = addedAt;
        _lacksUpTo = publications.Last > _lacksUpTo ? publications.Last : _lacksUpTo;
        Number(_lost, publications);
        return publications.SizeInBytes;
    }

    /// <summary>Forgets what was lacking, when it would have been dropped anyway by now.</summary>
    public void ForgetLost()
    {
        _lost.Clear();
        (LostAt, _lacksUpTo) = (null, default);
    }

    /// <summary>The latest publications, and what there is to say of those that don't fit.</summary>
    /// <param name="epoch">The asking activation's epoch; its own publications are no past.</param>
    /// <param name="maxBytes">Bytes of publications that fit, about.</param>
    public RecentShare Share(long epoch, int maxBytes)
    {
        var numbers = new Dictionary<string, long>(_lost, StringComparer.Ordinal);
        foreach (var publications in _kept.Values)
        {
            Number(numbers, publications);
        }

        // One at least, however large: it may be all there is to tell.
        var bytes = 0L;
        ImmutableArray<KeptPublications> sorted =
        [
            .. _kept.Values.Where(publications => publications.First.Epoch != epoch).OrderByDescending(static publications => publications.First),
        ];
        ImmutableArray<ChannelPublications> latest =
        [
            .. sorted
                .TakeWhile((publications, i) => (bytes += publications.SizeInBytes) <= maxBytes || i == 0)
                .Select(publications => publications.Read(key)),
        ];
        var isCut = latest.Length < sorted.Length;
        var lacksUpTo = isCut && sorted[latest.Length].Last > _lacksUpTo ? sorted[latest.Length].Last : _lacksUpTo;
        return new RecentShare(
            latest, isCut, lacksUpTo, [.. numbers.Select(static number => new PublisherNumber(number.Key, number.Value))]);
    }

    private KeptPublications Remove(ChannelPosition first)
    {
        _kept.Remove(first, out var publications);
        _bytes -= publications.SizeInBytes;
        if (IsEmpty)
        {
            _memory.Release();
        }

        return publications;
    }

    private static void Number(Dictionary<string, long> numbers, KeptPublications publications) =>
        numbers[publications.Publisher] = Math.Max(publications.LastSequence, numbers.GetValueOrDefault(publications.Publisher));
}

/// <summary>What is kept of a channel.</summary>
/// <param name="Publications">The latest, as many as were asked for.</param>
/// <param name="IsCut">Whether more are kept.</param>
/// <param name="LacksUpTo">See <see cref="ChannelTail.LacksUpTo"/>.</param>
/// <param name="Numbers">See <see cref="ChannelTail.Numbers"/>.</param>
internal readonly record struct RecentShare(
    ImmutableArray<ChannelPublications> Publications, bool IsCut, ChannelPosition LacksUpTo, ImmutableArray<PublisherNumber> Numbers);
