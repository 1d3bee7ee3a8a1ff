using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Slots;

/// <summary>
/// Whether a tenant's connections kept to its plan. Clients see the end of a connection later than the backend, on a busy
/// machine by seconds, and sockets of a frozen gateway are not served: both are allowed for.
/// </summary>
internal static class SlotChecker
{
    /// <summary>How long more connections than allowed may seem to be open: the time in which clients read of their end.</summary>
    public static readonly TimeSpan NoticeTime = TimeSpan.FromSeconds(4);

    /// <summary>How soon a slot must be usable after its client has seen the end (protocol 1.5: a second).</summary>
    public static readonly TimeSpan ReleaseTime = TimeSpan.FromSeconds(3);

    /// <summary>How long a gateway that was frozen may take to find out that its slots were given away.</summary>
    public static readonly TimeSpan WakeTime = TimeSpan.FromSeconds(10);

    /// <summary>Finds broken promises.</summary>
    /// <param name="history">The tenant.</param>
    /// <param name="pauses">When gateways stood still.</param>
    /// <param name="now">The time of the check.</param>
    public static List<Violation> Check(SlotHistory history, IReadOnlyList<GatewayPause> pauses, TimeSpan now) =>
        history.Read(attempts => CheckLimit(history, attempts, pauses, now).Concat(CheckRefusals(history, attempts)).ToList());

    private static IEnumerable<Violation> CheckLimit(
        SlotHistory history, IReadOnlyList<ConnectionAttempt> attempts, IReadOnlyList<GatewayPause> pauses, TimeSpan now)
    {
        var changes = attempts
            .Where(static attempt => attempt.ServedAt is not null)
            .SelectMany(attempt => Served(attempt, pauses, now))
            .SelectMany(static served => ((TimeSpan At, int Change)[])[(served.From, 1), (served.To, -1)])
            .OrderBy(static change => change.At).ThenBy(static change => change.Change);
        var open = 0;
        var most = 0;
        TimeSpan? over = null;
        foreach (var (at, change) in changes.Append((now, 0)))
        {
            if (over is { } since && at - since > NoticeTime)
            {
                yield return new Violation(
                    Promise.Limit, history.Tenant, $"up to {most} connections of {history.Limit} were served from {since.TotalSeconds:F3} s for more than {NoticeTime.TotalSeconds} s");
                yield break;
            }

            open += change;
            over = open <= history.Limit ? null : over ?? at;
            most = over is null ? 0 : Math.Max(most, open);
        }
    }

    /// <summary>The times in which a connection was served: not while its gateway stood still, nor until that knows better.</summary>
    private static IEnumerable<(TimeSpan From, TimeSpan To)> Served(
        ConnectionAttempt attempt, IReadOnlyList<GatewayPause> pauses, TimeSpan now)
    {
        var from = attempt.ServedAt!.Value;
        var end = attempt.EndedAt ?? now;
        foreach (var pause in pauses.Where(pause => pause.Gateway == attempt.Gateway).OrderBy(static pause => pause.From))
        {
            var resumed = pause.To + WakeTime ?? now;
            if (resumed <= from || pause.From >= end)
            {
                continue;
            }

            if (pause.From > from)
            {
                yield return (from, pause.From);
            }

            from = resumed;
        }

        if (from < end)
        {
            yield return (from, end);
        }
    }

    /// <summary>A refusal is right if at any time while the client waited for it all slots can have been in use.</summary>
    private static IEnumerable<Violation> CheckRefusals(SlotHistory history, IReadOnlyList<ConnectionAttempt> attempts)
    {
        foreach (var refused in attempts.Where(static attempt => attempt.RefusedAt is not null))
        {
            var possible = attempts.Count(other =>
                other.RefusedAt is null
                && other.AskedAt <= refused.RefusedAt
                && (other.EndedAt is null || other.EndedAt + ReleaseTime >= refused.AskedAt));
            if (possible < history.Limit)
            {
                yield return new Violation(
                    Promise.RefusedOnlyWhenFull,
                    history.Tenant,
                    $"{refused.Client} asked {refused.Gateway} at {refused.AskedAt.TotalSeconds:F3} s and was refused at {refused.RefusedAt!.Value.TotalSeconds:F3} s with at most {possible} of {history.Limit} slots in use");
            }
        }
    }
}
