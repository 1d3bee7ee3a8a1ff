namespace Realtime.Tests.Chaos.Faults;

/// <summary>What can befall the cluster.</summary>
internal enum FaultKind
{
    /// <summary>A silo is killed (-9).</summary>
    KillSilo,

    /// <summary>A gateway is killed (-9).</summary>
    KillGateway,

    /// <summary>A silo is asked to stop (SIGTERM).</summary>
    StopSilo,

    /// <summary>A gateway is asked to stop (SIGTERM).</summary>
    StopGateway,

    /// <summary>A silo stands still for some seconds.</summary>
    FreezeSilo,

    /// <summary>A silo stands still until the others have declared it dead.</summary>
    FreezeSiloToDeath,

    /// <summary>A gateway stands still for less than its lease.</summary>
    FreezeGateway,

    /// <summary>A gateway stands still for longer than its lease.</summary>
    FreezeGatewayPastLease,

    /// <summary>The storage of membership and grain state stands still.</summary>
    FreezeStorage,

    /// <summary>The storage of documents stands still.</summary>
    FreezePostgres,

    /// <summary>A silo is asked to stop while all clients send as fast as they can.</summary>
    StopSiloInFlood,

    /// <summary>The network cuts the streams of all clients that go on with their sessions, several times; nothing happens to processes.</summary>
    CutStreams,

    /// <summary>A gateway and a silo are killed (-9) at once.</summary>
    KillGatewayAndSilo,

    /// <summary>Every process of the cluster is stopped and started again, one after the other.</summary>
    RollingRestart,

    /// <summary>Every process is replaced by one of another build, one after the other.</summary>
    RollingUpgrade,
}
