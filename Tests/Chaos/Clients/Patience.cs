namespace Realtime.Tests.Chaos.Clients;

/// <summary>
/// How long clients wait. Bounds of a promise, not of a measurement: a machine with two cores runs every process of the
/// cluster and all clients.
/// </summary>
internal static class Patience
{
    /// <summary>For the answer to a command or a request; longer than any fault lasts on the path of a call.</summary>
    public static readonly TimeSpan Reply = TimeSpan.FromSeconds(40);

    /// <summary>For the beginning of a connection; a held request is answered after 5 s (protocol 1.5).</summary>
    public static readonly TimeSpan Connect = TimeSpan.FromSeconds(15);

    /// <summary>For the end of a connection that the backend has disowned.</summary>
    public static readonly TimeSpan End = TimeSpan.FromSeconds(5);

    /// <summary>For all clients to be members again after a repair.</summary>
    public static readonly TimeSpan Return = TimeSpan.FromSeconds(60);

    /// <summary>For processes to start, to stop, and to form a cluster again.</summary>
    public static readonly TimeSpan Repair = TimeSpan.FromSeconds(90);

    /// <summary>For all slots to be free after the last connection has ended: a lease of 15 s, and some time to count.</summary>
    public static readonly TimeSpan SlotsReturn = TimeSpan.FromSeconds(30);
}
