using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos;

/// <summary>Which faults clients of other processes must not notice by more than a delay.</summary>
internal static class ConnectionKeeping
{
    // Not among them: a silo that stops in a flood, where members whose continuity can't be shown in time begin anew.
    private static readonly FaultKind[] MustKeep =
    [
        FaultKind.KillSilo,
        FaultKind.KillGateway,
        FaultKind.FreezeSilo,
        FaultKind.FreezeGateway,
        FaultKind.FreezeGatewayPastLease,
        FaultKind.FreezeStorage,
        FaultKind.FreezePostgres,
        FaultKind.RollingRestart,
    ];

    /// <summary>Finds faults in whose course connections were lost that had nothing to do with it.</summary>
    public static IEnumerable<Violation> Check(IEnumerable<FaultRecord> faults) => faults
        .Where(static fault => fault.ConnectionsLostElsewhere > 0 && MustKeep.Contains(fault.Kind))
        .Select(static fault => new Violation(
            Promise.ConnectionsKept, fault.Target,
            $"{fault.ConnectionsLostElsewhere} connections of other processes were lost in the course of {fault.Kind} at {fault.BeganAt.TotalSeconds:F3} s"));
}
