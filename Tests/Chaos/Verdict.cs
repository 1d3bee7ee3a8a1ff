using System.Globalization;
using System.Text;
using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Chaos.Clients;
using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos;

/// <summary>What came of a run, in the words that are printed.</summary>
internal static class Verdict
{
    /// <summary>Writes the verdict.</summary>
    public static string Write(
        string name, ChaosOptions options, Fleet fleet, FaultLog faults, IReadOnlyCollection<ChaosDatabase> databases, Timeline timeline)
    {
        var violations = timeline.Violations;
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"chaos {name}: seed {options.Seed}, {fleet.Size} clients, {faults.All.Count} faults in {timeline.Clock.Now.TotalSeconds:F0} s: ");
        text.AppendLine(violations.Count == 0 ? "no promise was broken" : $"{violations.Count} VIOLATIONS");
        foreach (var kind in faults.All.GroupBy(static fault => fault.Kind))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {kind.Key,-23} {Describe([.. kind], faults, databases)}");
        }

        AppendCount(text, "messages", "ok", databases.SelectMany(static database => database.Histories).Where(static history => !IsRepository(history)));
        AppendCount(text, "writes", "2xx", databases.SelectMany(static database => database.Histories).Where(IsRepository));
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"  {fleet.Published.Count} of the clients are the published one in Node.js: sessions resumed: {fleet.Published.Sum(static client => client.Returns)}, onAuth called again: {fleet.Published.Sum(static client => client.TimesAuthenticated - 1)}");
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"  {faults.PostsWhileAway.Values.Sum()} commands sent without a stream: {string.Join(", ", faults.PostsWhileAway.OrderBy(static pair => pair.Key).Select(static pair => $"{pair.Value} {pair.Key}"))}");
        foreach (var violation in violations.OrderBy(static violation => violation.Promise))
        {
            text.AppendLine(CultureInfo.InvariantCulture, $"  {violation}");
        }

        return text.ToString();
    }

    private static string Describe(FaultRecord[] faults, FaultLog log, IReadOnlyCollection<ChaosDatabase> databases)
    {
        var repair = faults.Max(static fault => (fault.RepairedAt ?? fault.BeganAt) - fault.BeganAt);
        var waits = faults.Select(fault => Waits.Of(fault, log.All, databases)).ToArray();
        return string.Create(
            CultureInfo.InvariantCulture,
            $"×{faults.Length}: served again after at most {repair.TotalSeconds:F1} s, longest wait for ok or 2xx {waits.Max(static wait => wait.Answer).TotalSeconds:F1} s, for a message between clients of other gateways {waits.Max(static wait => wait.Elsewhere).TotalSeconds:F1} s, connections lost: {faults.Sum(static fault => fault.ConnectionsLost)} of the process itself, {faults.Sum(static fault => fault.ConnectionsLostElsewhere)} of others, sessions resumed: {faults.Sum(static fault => fault.Returns)}, begun anew: {faults.Sum(static fault => fault.Inits)}");
    }

    private static bool IsRepository(ChannelHistory history) => history.Name.Contains("/db-", StringComparison.Ordinal);

    private static void AppendCount(StringBuilder text, string what, string answer, IEnumerable<ChannelHistory> histories)
    {
        var counts = histories.Select(static history => history.Count()).ToArray();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"  {counts.Sum(static count => count.Sent)} {what}, {counts.Sum(static count => count.Acknowledged)} answered by {answer}, read {counts.Sum(static count => count.Read)} times by members");
    }
}
