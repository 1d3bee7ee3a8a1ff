using Realtime.Tests.Chaos.Faults;
using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos;

/// <summary>After which faults a client that comes back in time must go on with its session (protocol 1.9).</summary>
internal static class SessionKeeping
{
    /// <summary>In time: within the resume window, with some room for the end that the backend has seen and the client hasn't.</summary>
    public static readonly TimeSpan Window = TimeSpan.FromSeconds(50);

    // Two processes at once may take both copies of a session along; the build before may know of no sessions.
    private static readonly FaultKind[] MayBeginAnew = [FaultKind.KillGatewayAndSilo, FaultKind.RollingUpgrade];

    /// <summary>Finds faults after which clients had to begin anew.</summary>
    public static IEnumerable<Violation> Check(IEnumerable<FaultRecord> faults) => faults
        .Where(static fault => fault.Inits > 0 && !MayBeginAnew.Contains(fault.Kind))
        .Select(static fault => new Violation(
            Promise.SessionsKept, fault.Target,
            $"{fault.Inits} clients that came back in time had to begin anew, and {fault.Returns} went on, in the course of {fault.Kind} at {fault.BeganAt.TotalSeconds:F3} s"));
}
