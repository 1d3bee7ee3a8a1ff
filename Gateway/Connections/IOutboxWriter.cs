namespace Realtime.Gateway.Connections;

/// <summary>Writes what waits in an outbox to one client.</summary>
internal interface IOutboxWriter
{
    /// <summary>
    /// There is something to write, or nothing more will come. Called by anyone at any time. It may write at once, on the
    /// caller's thread, and never waits for the client.
    /// </summary>
    void Wake();
}
