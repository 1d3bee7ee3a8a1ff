namespace Realtime.Tests.Chaos.Faults;

/// <summary>Faults in an order that the seed decides: each kind once, then each kind again in another order, and so on.</summary>
internal static class FaultSchedule
{
    /// <summary>Kinds that are drawn if nobody says otherwise: at most one process is lost at a time.</summary>
    /// <remarks>That processes stop in order is what the rolling restart is for.</remarks>
    public static readonly FaultKind[] Kinds =
    [
        FaultKind.KillSilo,
        FaultKind.KillGateway,
        FaultKind.FreezeSilo,
        FaultKind.FreezeSiloToDeath,
        FaultKind.FreezeGateway,
        FaultKind.FreezeGatewayPastLease,
        FaultKind.FreezeStorage,
        FaultKind.FreezePostgres,
        FaultKind.StopSiloInFlood,
        FaultKind.CutStreams,
    ];

    /// <summary>The faults of a seed, without end.</summary>
    /// <param name="seed">The seed.</param>
    /// <param name="kinds">Kinds that are drawn.</param>
    /// <param name="silos">Number of silos.</param>
    /// <param name="gateways">Number of gateways.</param>
    public static IEnumerable<Fault> Draw(int seed, FaultKind[] kinds, int silos, int gateways)
    {
        var random = new Random(seed);
        while (true)
        {
            var shuffled = kinds.ToArray();
            random.Shuffle(shuffled);
            foreach (var kind in shuffled)
            {
                var (shortest, longest) = Seconds(kind);
                yield return new Fault(
                    kind,
                    random.Next(IsOfGateways(kind) ? gateways : silos),
                    TimeSpan.FromSeconds(shortest + (random.NextDouble() * (longest - shortest))))
                {
                    Silo = kind == FaultKind.KillGatewayAndSilo ? random.Next(silos) : 0,
                };
            }
        }
    }

    /// <summary>Whether a fault befalls a gateway.</summary>
    public static bool IsOfGateways(FaultKind kind) => kind is FaultKind.KillGateway or FaultKind.StopGateway
        or FaultKind.FreezeGateway or FaultKind.FreezeGatewayPastLease or FaultKind.KillGatewayAndSilo;

    /// <summary>How long a fault lasts: how long a process is away, or stands still, at least and at most.</summary>
    private static (double Shortest, double Longest) Seconds(FaultKind kind) => kind switch
    {
        FaultKind.FreezeSilo => (2, 3),
        FaultKind.FreezeSiloToDeath => (12, 16),
        FaultKind.FreezeGateway => (3, 8),
        FaultKind.FreezeGatewayPastLease => (18, 22),
        FaultKind.FreezeStorage => (5, 10),
        FaultKind.FreezePostgres => (3, 8),
        FaultKind.StopSiloInFlood => (2, 4),
        FaultKind.CutStreams => (3, 6),
        _ => (0, 4),
    };
}
