namespace Realtime.Gateway.Quotas;

/// <summary>What became of a wish for a connection slot.</summary>
internal enum SlotOutcome
{
    /// <summary>The slot is held until it is released.</summary>
    Granted,

    /// <summary>The plan is known to be full.</summary>
    Full,

    /// <summary>The cluster couldn't tell in time; this is no refusal (protocol 1.5).</summary>
    Undecided,
}
