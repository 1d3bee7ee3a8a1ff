namespace Realtime.Tests.Chaos.History;

/// <summary>A promise that was broken.</summary>
/// <param name="Promise">Which one.</param>
/// <param name="Where">The channel, tenant, client or process.</param>
/// <param name="Text">What was seen instead, with times on the run's clock.</param>
internal sealed record Violation(Promise Promise, string Where, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Promise} in {Where}: {Text}";
}

/// <summary>What the backend promises in spite of faults.</summary>
internal enum Promise
{
    /// <summary>What was accepted reaches every member that stays (protocol 1.4.3, 1.4.4).</summary>
    NothingLost,

    /// <summary>Nothing reaches a member twice (protocol 1.4.3).</summary>
    NothingTwice,

    /// <summary>All members see a channel's messages in the same order (protocol 1.4.4).</summary>
    OneOrder,

    /// <summary>What was accepted first comes first, and messages of one WebSocket keep their order (protocol 1.4.4).</summary>
    OrderOfSending,

    /// <summary>Only what somebody sent there is received, under its sender's sid (protocol 1.3).</summary>
    OnlyWhatWasSent,

    /// <summary>A refused write has no effect (protocol 3.2).</summary>
    RefusedIsRefused,

    /// <summary>Nothing that was accepted before a join is delivered to it (protocol 1.4.3).</summary>
    NothingFromBefore,

    /// <summary>Events reach only those who may read the document (protocol 2.3).</summary>
    Permissions,

    /// <summary>No more connections than the plan allows (protocol 4).</summary>
    Limit,

    /// <summary>A connection is refused only when the plan is known to be full (protocol 1.5).</summary>
    RefusedOnlyWhenFull,

    /// <summary>Slots come back when their connections are gone (protocol 4).</summary>
    SlotsReturn,

    /// <summary>Every command and every request is answered, or its connection ends.</summary>
    Answered,

    /// <summary>Who loses a connection gets one again.</summary>
    NobodySentAway,

    /// <summary>A process that stands still holds up nobody else.</summary>
    NobodyHeldUp,

    /// <summary>Processes start, stop with exit code 0, and take part again after a fault.</summary>
    Repaired,

    /// <summary>Clients of gateways that go on keep their connections.</summary>
    ConnectionsKept,

    /// <summary>Who comes back in time goes on with its session (protocol 1.9).</summary>
    SessionsKept,
}
