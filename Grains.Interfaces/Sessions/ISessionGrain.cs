using Orleans.Concurrency;
using Realtime.Gateways;

namespace Realtime.Sessions;

/// <summary>
/// One session, wherever it is: leads a POST to the gateway that holds it (protocol 1.5), and keeps a second copy of what
/// is needed to go on with it, for when that gateway is lost (protocol 1.9).
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

    /// <summary>Sends a reply to a command that was taken by a gateway which has given the session away since.</summary>
    /// <param name="generation">Generation of the session at the calling gateway.</param>
    /// <param name="reply">The reply, encoded.</param>
    /// <returns>
    /// False if no gateway that can be reached holds the session, or if that was taken from its copy: then its client may have given up waiting.
    /// </returns>
    [Alias("Reply")]
    ValueTask<bool> ReplyAsync(long generation, ReadOnlyMemory<byte> reply);

    /// <summary>
    /// States that a gateway holds the session, and all of it: at its authentication, when a session was taken over, and
    /// after a silo was lost.
    /// </summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="observer">Where to reach it.</param>
    /// <param name="whole">The session.</param>
    /// <returns><see cref="SaveOutcome.NotHolder"/> if another gateway has taken it over since.</returns>
    [Repeatable, AlwaysInterleave, Alias("Hold")]
    ValueTask<SaveOutcome> HoldAsync(string gateway, IGatewayObserver observer, SessionRecord whole);

    /// <summary>Keeps what has changed. The client hears of it afterwards.</summary>
    /// <param name="generation">Generation of the session at the calling gateway.</param>
    /// <param name="update">What has changed.</param>
    [Repeatable, AlwaysInterleave, Alias("Save")]
    ValueTask<SaveOutcome> SaveAsync(long generation, SessionUpdate update);

    /// <summary>
    /// Takes the session over for a gateway at which its client has come back. Whoever held it ends its stream, and what it
    /// knew beyond the copy here comes with it if it can be reached within a second.
    /// </summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="observer">Where to reach it.</param>
    /// <returns>The session, of a new generation; null if there is none that can be gone on with.</returns>
    /// <exception cref="TemporarilyUnavailableException">It can't be told yet: a silo was lost.</exception>
    [Alias("Take")]
    ValueTask<SessionRecord?> TakeAsync(string gateway, IGatewayObserver observer);

    /// <summary>States that the session's gateway stops in order: the copy here is all there is from now on.</summary>
    /// <param name="generation">Generation of the session at the calling gateway.</param>
    [Repeatable, AlwaysInterleave, Alias("Leave")]
    ValueTask LeaveAsync(long generation);

    /// <summary>States that a connection that was never authenticated has ended.</summary>
    [Repeatable, Alias("Close")]
    ValueTask CloseAsync();

    /// <summary>States that the session has ended for good, unless another gateway has taken it over since.</summary>
    /// <param name="generation">Generation of the session at the calling gateway.</param>
    [Repeatable, Alias("End")]
    ValueTask EndAsync(long generation);
}
