using Realtime.Gateways;

namespace Realtime.Sessions;

/// <summary>
/// One client connection, wherever it is: leads a POST to the gateway that holds the socket (protocol 1.5).
/// </summary>
/// <remarks>
/// Key: the sid, a random UUID of version 4 that this backend made. Ids from outside that aren't UUIDs never become
/// a key, and a sid belongs to one database for good, so the key needs no database.
/// </remarks>
[Alias("realtime.ISessionGrain")]
public interface ISessionGrain : IGrainWithGuidKey
{
    /// <summary>States that a gateway has accepted the connection.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="observer">Where to reach it.</param>
    [Repeatable, Alias("Open")]
    ValueTask OpenAsync(string gateway, IGatewayObserver observer);

    /// <summary>Runs a command on the connection.</summary>
    /// <param name="post">The command and the proof that its sender may use the connection.</param>
    [Alias("Post")]
    ValueTask<PostOutcome> PostAsync(SessionPost post);

    /// <summary>States that the connection has ended.</summary>
    [Repeatable, Alias("Close")]
    ValueTask CloseAsync();
}
