namespace Realtime.Tests.Chaos.History;

/// <summary>Whether one order exists that agrees with what every member has read.</summary>
internal static class OrderChecker
{
    /// <summary>Two members that contradict each other, or a longer circle; null if there is one order for all.</summary>
    public static string? FindContradiction(IReadOnlyList<Membership> memberships)
    {
        var followers = new Dictionary<string, HashSet<string>>(StringComparer.Ordinal);
        var predecessors = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (before, after) in memberships.SelectMany(Steps))
        {
            predecessors.TryAdd(before, 0);
            predecessors.TryAdd(after, 0);
            if (!followers.TryGetValue(before, out var next))
            {
                followers[before] = next = new HashSet<string>(StringComparer.Ordinal);
            }

            if (next.Add(after))
            {
                predecessors[after]++;
            }
        }

        // Takes away what nothing is left before; what can't be taken away is in a circle, or behind one.
        var free = new Queue<string>(predecessors.Where(static pair => pair.Value == 0).Select(static pair => pair.Key));
        while (free.TryDequeue(out var id))
        {
            predecessors.Remove(id);
            foreach (var after in followers.GetValueOrDefault(id) ?? [])
            {
                if (--predecessors[after] == 0)
                {
                    free.Enqueue(after);
                }
            }
        }

        return predecessors.Count == 0 ? null : Describe(memberships, predecessors.Keys.ToHashSet(StringComparer.Ordinal));
    }

    private static IEnumerable<(string Before, string After)> Steps(Membership membership)
    {
        // What came twice is another violation, and would look like a circle.
        var ids = membership.Deliveries.Select(static delivery => delivery.Id).Distinct(StringComparer.Ordinal).ToArray();
        return ids.Zip(ids.Skip(1));
    }

    private static string Describe(IReadOnlyList<Membership> memberships, HashSet<string> circle)
    {
        var places = memberships
            .Select(membership => (membership.Member, Places: Number(membership, circle)))
            .Where(static member => member.Places.Count > 1)
            .ToArray();
        for (var i = 0; i < places.Length; i++)
        {
            for (var j = i + 1; j < places.Length; j++)
            {
                var common = places[i].Places.Keys.Where(places[j].Places.ContainsKey)
                    .OrderBy(id => places[i].Places[id]).ToArray();
                for (var k = 1; k < common.Length; k++)
                {
                    if (places[j].Places[common[k]] < places[j].Places[common[k - 1]])
                    {
                        return $"{places[i].Member} read '{common[k - 1]}' before '{common[k]}', {places[j].Member} the other way round ({circle.Count} messages have no order)";
                    }
                }
            }
        }

        return $"no order agrees with all members; {circle.Count} messages are in a circle or behind it, such as '{circle.First()}'";
    }

    private static Dictionary<string, int> Number(Membership membership, HashSet<string> circle)
    {
        var places = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var delivery in membership.Deliveries)
        {
            if (circle.Contains(delivery.Id))
            {
                places.TryAdd(delivery.Id, places.Count);
            }
        }

        return places;
    }
}
