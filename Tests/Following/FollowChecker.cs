namespace Realtime.Tests.Following;

/// <summary>
/// Finds what is wrong with what followers saw (protocol 1.9 and 2.2). In each audience one of them, the witness, has joined
/// before the first write: its events are the order of the commits, and are shown to be that by what the writers were answered.
/// </summary>
/// <param name="writes">All writes that were answered.</param>
/// <param name="final">The documents of each audience at the end, by id.</param>
internal sealed class FollowChecker(
    IReadOnlyCollection<AnsweredWrite> writes, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> final)
{
    private readonly List<string> _violations = [];

    /// <summary>Checks one audience.</summary>
    /// <returns>What is wrong; empty if nothing is.</returns>
    public IReadOnlyList<string> Check(FollowerHistory witness, IEnumerable<FollowerHistory> followers)
    {
        _violations.Clear();
        var own = writes.Where(write => write.Audience == witness.Audience).ToList();
        CheckWitness(witness, own);
        foreach (var follower in followers)
        {
            CheckFollower(follower, witness.Events, own);
        }

        return _violations;
    }

    private void CheckWitness(FollowerHistory witness, List<AnsweredWrite> own)
    {
        var positions = new Dictionary<FollowedEvent, int>();
        foreach (var followed in witness.Events)
        {
            Require(positions.TryAdd(followed, positions.Count), witness, $"{followed} arrived twice");
        }

        Require(witness.Events.Count == own.Count, witness, $"{own.Count} writes made {witness.Events.Count} events");
        foreach (var write in own)
        {
            Require(write.Event is not { } caused || positions.ContainsKey(caused), witness, $"{write.Event} never arrived");
        }

        foreach (var document in own.GroupBy(static write => write.DocumentId))
        {
            CheckOrder(witness, positions, document);
            var votes = witness.Events.Where(followed => FollowedState.IdOf(followed) == document.Key).Select(FollowedState.VotesOf);
            var increments = document.Count(static write => write.Event is null);
            Require(votes.Max() == increments, witness, $"{increments} increments of {document.Key} count otherwise");
        }

        CheckState(witness);
    }

    /// <summary>Who wrote after another was answered comes after it.</summary>
    private void CheckOrder(
        FollowerHistory witness, Dictionary<FollowedEvent, int> positions, IEnumerable<AnsweredWrite> ofOneDocument)
    {
        var known = ofOneDocument.Where(write => write.Event is { } caused && positions.ContainsKey(caused)).ToList();
        foreach (var earlier in known)
        {
            foreach (var later in known.Where(write => write.Began > earlier.Ended))
            {
                Require(positions[earlier.Event!.Value] < positions[later.Event!.Value], witness, $"{later.Event} came before {earlier.Event}");
            }
        }
    }

    private void CheckFollower(FollowerHistory follower, IReadOnlyList<FollowedEvent> order, List<AnsweredWrite> own)
    {
        var begin = order.Count - follower.Events.Count;
        var isEndOfOrder = begin >= 0 && order.Skip(begin).SequenceEqual(follower.Events);
        Require(isEndOfOrder, follower, isEndOfOrder ? "" : FirstDifference(order, follower.Events));
        if (isEndOfOrder)
        {
            var followed = follower.Events.ToHashSet();
            foreach (var write in own.Where(static write => write.Event is not null))
            {
                var arrived = followed.Contains(write.Event!.Value);
                Require(arrived || write.Began <= follower.Joined, follower, $"{write.Event} was written after joined and didn't arrive");
                Require(!arrived || write.Ended >= follower.Asked, follower, $"{write.Event} arrived and was answered before the join");
            }
        }

        CheckState(follower);
    }

    private void CheckState(FollowerHistory follower)
    {
        var state = FollowedState.Apply(follower.Read, follower.Events);
        var expected = final[follower.Audience];
        foreach (var id in state.Keys.Union(expected.Keys))
        {
            Require(
                state.GetValueOrDefault(id) == expected.GetValueOrDefault(id),
                follower,
                $"knows {state.GetValueOrDefault(id) ?? "nothing"} of {id}, and there is {expected.GetValueOrDefault(id) ?? "nothing"}");
        }
    }

    private static string FirstDifference(IReadOnlyList<FollowedEvent> order, IReadOnlyList<FollowedEvent> events)
    {
        for (var i = 1; i <= events.Count; i++)
        {
            if (i > order.Count || order[^i] != events[^i])
            {
                return $"event {events.Count - i} of {events.Count} is {events[^i]}, not {(i > order.Count ? "there" : order[^i])}";
            }
        }

        return "";
    }

    private void Require(bool holds, FollowerHistory follower, string violation)
    {
        if (!holds)
        {
            _violations.Add($"{follower.Name}: {violation}");
        }
    }
}
