namespace Realtime.Benchmarks.Load.Clients;

/// <summary>How far a client has come.</summary>
internal enum ClientState
{
    /// <summary>The connection isn't made yet.</summary>
    Connecting,

    /// <summary>The answer to its HTTP request is awaited.</summary>
    Upgrading,

    /// <summary>It authenticates and joins.</summary>
    Joining,

    /// <summary>It is a member, or may publish.</summary>
    Ready,

    /// <summary>It has ended, or was closed.</summary>
    Closed,
}
