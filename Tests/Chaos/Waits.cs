using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos;

/// <summary>How long clients waited in the course of a fault.</summary>
/// <param name="Answer">The longest time from sending a message or a write until it was acknowledged.</param>
/// <param name="Elsewhere">The longest time from sending a message until a member read it, among clients of gateways that were not hit.</param>
/// <param name="Message">The message that took so long, and who read it.</param>
internal sealed record Waits(TimeSpan Answer, TimeSpan Elsewhere, string Message)
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
        var answer = histories.Max(history => history.Read((publications, _) => publications
            .Where(publication => publication.SentAt >= begin && publication.SentAt < end)
            .Max(static publication => publication.AcknowledgedAt - publication.SentAt)));
        var slowest = histories.Select(history => history.Read((_, memberships) => memberships
            .Where(membership => !membership.WasOn(fault.Target, begin))
            .SelectMany(static membership => membership.Deliveries.Select(delivery => (Reader: membership, Delivery: delivery)))
            .Where(read => read.Delivery.Publication is { Gateway: not null } publication
                && publication.Gateway != fault.Target && publication.SentAt >= begin && publication.SentAt < end)
            .Select(static read => (Wait: read.Delivery.ReadAt - read.Delivery.Publication!.SentAt, read.Delivery, read.Reader))
            .DefaultIfEmpty()
            .MaxBy(static read => read.Wait))).MaxBy(static read => read.Wait);
        return new Waits(
            answer ?? TimeSpan.Zero,
            slowest.Wait,
            $"'{slowest.Delivery.Id}', sent at {slowest.Delivery.Publication?.SentAt.TotalSeconds:F3} s through {slowest.Delivery.Publication?.Gateway}, acknowledged at {slowest.Delivery.Publication?.AcknowledgedAt?.TotalSeconds:F3} s, read by {slowest.Reader?.Member} on {slowest.Reader?.Gateway}");
    }

    /// <summary>Finds gateways that held up members of others.</summary>
    public static IEnumerable<Violation> Check(IReadOnlyList<FaultRecord> faults, IReadOnlyCollection<ChaosDatabase> databases) => faults
        .Where(static fault => fault.Kind is FaultKind.FreezeGateway or FaultKind.FreezeGatewayPastLease)
        .Select(fault => (Fault: fault, Waits: Of(fault, faults, databases)))
        .Where(static measured => measured.Waits.Elsewhere > LongestHoldUp)
        .Select(static measured => new Violation(
            Promise.NobodyHeldUp, measured.Fault.Target,
            $"stood still from {measured.Fault.BeganAt.TotalSeconds:F3} s, and between clients of other gateways it took {measured.Waits.Elsewhere.TotalSeconds:F1} s for {measured.Waits.Message}"));
}
