namespace Realtime.Tests.Chaos.History;

/// <summary>
/// Compares what the members of a channel have read with what was sent. All it uses is each client's own view and one
/// clock: what was acknowledged before something else was sent comes before that.
/// </summary>
internal static class HistoryChecker
{
    private const int MaxPerMember = 3;

    /// <summary>Finds broken promises.</summary>
    /// <param name="history">The channel.</param>
    /// <param name="isQuiet">Whether everything has had time to arrive: members that are still there must have all of it.</param>
    public static List<Violation> Check(ChannelHistory history, bool isQuiet) => history.Read((publications, memberships) =>
    {
        var accepted = publications.Where(static publication => publication.AcceptedAt is not null && !publication.IsRefused)
            .OrderBy(static publication => publication.SentAt).ToArray();
        var found = new List<Violation>();
        foreach (var membership in memberships)
        {
            found.AddRange(CheckEach(membership).Take(MaxPerMember).Select(Named));
            found.AddRange(CheckSequence(membership).Take(MaxPerMember).Select(Named));
            found.AddRange(FindLost(membership, accepted, isQuiet).Take(MaxPerMember).Select(Named));
        }

        if (OrderChecker.FindContradiction(memberships) is { } contradiction)
        {
            found.Add(new Violation(Promise.OneOrder, history.Name, contradiction));
        }

        return found;

        Violation Named((Promise Promise, string Text) violation) => new(violation.Promise, history.Name, violation.Text);
    });

    private static IEnumerable<(Promise, string)> CheckEach(Membership membership)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (var delivery in membership.Deliveries)
        {
            var what = $"{membership.Member} read '{delivery.Id}' at {Time(delivery.ReadAt)}";
            if (!seen.Add(delivery.Id))
            {
                yield return (Promise.NothingTwice, $"{what}, again");
            }

            if (delivery.Publication is not { } publication)
            {
                yield return (Promise.OnlyWhatWasSent, $"{what}, which nobody sent there");
                continue;
            }

            if (publication.Sid is { } sid && sid != delivery.Sid)
            {
                yield return (Promise.OnlyWhatWasSent, $"{what} under sid {delivery.Sid} instead of {sid}");
            }

            if (publication.IsRefused)
            {
                yield return (Promise.RefusedIsRefused, $"{what}, which was refused");
            }

            if (publication.Audience is { } audience && !audience.Has(membership.Person))
            {
                yield return (Promise.Permissions, $"{what}, which is for {audience} and not for {membership.Person}");
            }

            if (publication.AcceptedAt < membership.JoinSentAt)
            {
                yield return (Promise.NothingFromBefore, $"{what}, accepted at {Time(publication.AcceptedAt)} before it joined at {Time(membership.JoinSentAt)}");
            }
        }
    }

    private static IEnumerable<(Promise, string)> CheckSequence(Membership membership)
    {
        Publication? latestSent = null;
        var lastOfSender = new Dictionary<string, Publication>(StringComparer.Ordinal);
        foreach (var (_, publication, _, readAt) in membership.Deliveries)
        {
            if (publication is null)
            {
                continue;
            }

            if (publication.AcceptedAt < latestSent?.SentAt)
            {
                yield return (Promise.OrderOfSending,
                    $"{membership.Member} read '{publication.Id}' (accepted at {Time(publication.AcceptedAt)}) at {Time(readAt)}, after '{latestSent.Id}' (sent at {Time(latestSent.SentAt)})");
            }

            if (publication.OrderedSender is { } sender)
            {
                if (lastOfSender.TryGetValue(sender, out var last) && last.Number > publication.Number)
                {
                    yield return (Promise.OrderOfSending,
                        $"{membership.Member} read '{publication.Id}' of a WebSocket at {Time(readAt)} after its '{last.Id}'");
                }

                lastOfSender[sender] = publication;
            }

            if (latestSent is null || publication.SentAt > latestSent.SentAt)
            {
                latestSent = publication;
            }
        }
    }

    /// <summary>
    /// What a member that stayed didn't get. Of a connection that has ended, or while messages are under way, only that
    /// is known to be lost which comes before something that it did get.
    /// </summary>
    private static IEnumerable<(Promise, string)> FindLost(Membership membership, Publication[] accepted, bool isQuiet)
    {
        var has = membership.Deliveries.Select(static delivery => delivery.Id).ToHashSet(StringComparer.Ordinal);
        var witness = membership.Deliveries.DefaultIfEmpty().MaxBy(static delivery => delivery.Publication?.SentAt);
        var isComplete = isQuiet && membership.EndedAt is null;
        foreach (var publication in accepted)
        {
            if (publication.SentAt > membership.JoinedAt
                && !has.Contains(publication.Id)
                && publication.Audience?.Has(membership.Person) != false
                && (isComplete || publication.AcceptedAt < witness.Publication?.SentAt))
            {
                var proof = isComplete
                    ? "and stayed to the end"
                    : $"but did get '{witness.Id}', sent at {Time(witness.Publication!.SentAt)} and read at {Time(witness.ReadAt)}";
                yield return (Promise.NothingLost,
                    $"{membership.Member} (on {membership.Gateway} since {Time(membership.JoinedAt)}) never got '{publication.Id}', sent at {Time(publication.SentAt)}, {How(publication)}, {proof}");
            }
        }
    }

    private static string How(Publication publication) => publication.AcknowledgedAt is { } at
        ? $"acknowledged at {Time(at)} and first read at {Time(publication.FirstReadAt)}"
        : $"not acknowledged but read by another at {Time(publication.FirstReadAt)}";

    private static string Time(TimeSpan? time) => time is { } value ? $"{value.TotalSeconds:F3} s" : "never";
}
