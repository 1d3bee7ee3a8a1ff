using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>
/// The order that a lost activation of a channel had made, put together from what the gateways tell of it.
/// </summary>
/// <param name="Base">Position before the first publication, or where the channel stood if nobody has any.</param>
/// <param name="Publications">One after the other, each naming the one before it.</param>
internal sealed record ChannelPast(ChannelPosition Base, IReadOnlyList<ChannelPublications> Publications)
{
    /// <summary>Where the channel stood.</summary>
    public ChannelPosition End => Publications.Count == 0 ? Base : Publications[^1].Last;

    /// <summary>Whether all members of the gateways stand somewhere in it.</summary>
    public bool Covers(IEnumerable<ChannelTail> tails) =>
        tails.All(tail => tail.Served == default || tail.Served >= Base);

    /// <summary>Merges the gateways' shares; null if none of them knows the channel, or something may be missing.</summary>
    /// <param name="tails">The shares.</param>
    /// <param name="epoch">The asking activation's epoch, which is no past.</param>
    public static ChannelPast? Merge(IReadOnlyCollection<ChannelTail> tails, long epoch)
    {
        // Who stands before the first of an epoch has got nothing in it.
        var served = tails.Select(static tail => tail.Served).Where(position => position.Epoch != epoch && position.Offset > 0)
            .DefaultIfEmpty().Max();
        var lacking = tails.Select(GetLacking).DefaultIfEmpty().Max();
        var (first, previous) = (default(ChannelPosition), default(ChannelPosition));
        var publications = new List<ChannelPublications>();
        var numbers = new HashSet<PublisherNumber>();
        foreach (var one in SortOneByOne(tails, epoch))
        {
            if (!numbers.Add(new PublisherNumber(one.Publisher, one.Sequence)) || (one.Previous != previous && one.First <= served))
            {
                // Its epoch knew nothing of the order before, or somebody was served what lies between and nobody remembers
                // it: the past begins here.
                publications.Clear();
                first = previous = one.Previous;
            }
            else if (one.Previous != previous)
            {
                if (previous < served)
                {
                    publications.Clear();
                    first = previous = served;
                }
                else if (previous == default)
                {
                    first = previous = one.Previous;
                }

                if (one.Previous != previous && previous < lacking)
                {
                    // Somebody may have had accepted what lies between.
                    return null;
                }

                // Otherwise what lies between was neither delivered nor accepted, and the order closes up.
            }

            publications.Add(one with { Previous = previous });
            previous = one.First;
        }

        if (previous < lacking && served < lacking)
        {
            return null;
        }

        return served > previous ? new ChannelPast(served, [])
            : publications.Count > 0 ? new ChannelPast(first, publications)
            : StartQuietly(tails, epoch);
    }

    /// <summary>A past in which nothing was published, if there are members: they have everything.</summary>
    private static ChannelPast? StartQuietly(IEnumerable<ChannelTail> tails, long epoch)
    {
        var joined = tails.Select(static tail => tail.Served).Where(position => position.Epoch != epoch).DefaultIfEmpty().Max();
        return joined == default ? null : new ChannelPast(joined, []);
    }

    private static ChannelPosition GetLacking(ChannelTail tail) =>
        tail.LacksUpTo != default || !tail.IsCut ? tail.LacksUpTo

            // A gateway that doesn't say: what it lacks is older than all it has.
            : tail.Recent.Min(static batch => batch.First);

    private static SortedDictionary<ChannelPosition, ChannelPublications>.ValueCollection SortOneByOne(
        IReadOnlyCollection<ChannelTail> tails, long epoch)
    {
        var known = new SortedDictionary<ChannelPosition, ChannelPublications>();
        foreach (var batch in tails.SelectMany(static tail => tail.Recent).Where(batch => batch.First.Epoch != epoch))
        {
            for (var i = 0; i < batch.Payloads.Length; i++)
            {
                // Of two predecessors the earlier one was named after the order had been joined to that of an earlier epoch.
                var one = batch.Skip(i);
                if (!known.TryGetValue(one.First, out var other) || one.Previous < other.Previous)
                {
                    known[one.First] = one with { Payloads = [one.Payloads[0]] };
                }
            }
        }

        return known.Values;
    }
}
