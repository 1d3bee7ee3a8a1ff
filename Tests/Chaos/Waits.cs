using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos;

/// <summary>How long clients waited in the course of a fault.</summary>
/// <param name="Answer">The longest time from sending a message or a write until it was acknowledged.</param>
/// <param name="Elsewhere">The longest time from sending a message until a member read it, among clients of gateways that were not hit.</param>
internal sealed record Waits(TimeSpan Answer, TimeSpan Elsewhere)
{
    /// <summary>How long a gateway that stands still may hold up members of others: until what waits for it is given up.</summary>
    private static readonly TimeSpan LongestHoldUp = TimeSpan.FromSeconds(10);

    // What was sent just before a fault meets it, too.
    private static readonly TimeSpan Lead = TimeSpan.FromSeconds(0.5);

    /// <summary>Measures what was sent between the beginning of a fault and the next.</summary>
    public static Waits Of(FaultRecord fault, IReadOnlyList<FaultRecord> all, IEnumerable<ChaosDatabase> databases)
    {
        var begin = fault.BeganAt - Lead;
        var end = all.SkipWhile(other => other != fault).Skip(1).FirstOrDefault()?.BeganAt - Lead ?? TimeSpan.MaxValue;
        var histories = databases.SelectMany(static database => database.Histories).ToArray();
        return new Waits(
            Max(histories, (publications, _) => publications
                .Where(publication => publication.SentAt >= begin && publication.SentAt < end)
                .Select(static publication => publication.AcknowledgedAt - publication.SentAt)),
            Max(histories, (_, memberships) => memberships
                .Where(membership => membership.Gateway != fault.Target)
                .SelectMany(static membership => membership.Deliveries)
                .Where(delivery => delivery.Publication is { Gateway.Length: > 0 } publication
                    && publication.Gateway != fault.Target && publication.SentAt >= begin && publication.SentAt < end)
                .Select(static delivery => delivery.ReadAt - delivery.Publication?.SentAt)));
    }

    /// <summary>Finds gateways that held up members of others.</summary>
    public static IEnumerable<Violation> Check(IReadOnlyList<FaultRecord> faults, IReadOnlyCollection<ChaosDatabase> databases) => faults
        .Where(static fault => fault.Kind is FaultKind.FreezeGateway or FaultKind.FreezeGatewayPastLease)
        .Select(fault => (Fault: fault, Wait: Of(fault, faults, databases).Elsewhere))
        .Where(static measured => measured.Wait > LongestHoldUp)
        .Select(static measured => new Violation(
            Promise.NobodyHeldUp, measured.Fault.Target,
            $"stood still from {measured.Fault.BeganAt.TotalSeconds:F3} s, and a message between members of other gateways took {measured.Wait.TotalSeconds:F1} s"));

    private static TimeSpan Max(
        IEnumerable<ChannelHistory> histories, Func<IReadOnlyCollection<Publication>, IReadOnlyList<Membership>, IEnumerable<TimeSpan?>> select) =>
        histories.Select(history => history.Read((publications, memberships) => select(publications, memberships).Max())).Max() ?? TimeSpan.Zero;
}
