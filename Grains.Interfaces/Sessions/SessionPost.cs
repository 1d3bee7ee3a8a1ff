namespace Realtime.Sessions;

/// <summary>A command for a connection that came by <c>POST /sse/msg</c> (protocol 1.5).</summary>
/// <param name="Database">Public key that the POST named.</param>
/// <param name="ProvenUserIds">
/// Users of that database for whom the POST carries an authentic session token, expired or not; none if empty.
/// </param>
/// <param name="Message">The JSON object as received. It is handed on and never stored.</param>
[GenerateSerializer, Immutable, Alias("realtime.SessionPost")]
public sealed record SessionPost(string Database, string[] ProvenUserIds, ReadOnlyMemory<byte> Message);

/// <summary>What became of a <see cref="SessionPost"/>.</summary>
[GenerateSerializer, Alias("realtime.PostOutcome")]
public enum PostOutcome
{
    /// <summary>The connection has taken the command; its outcome goes to the stream.</summary>
    Accepted = 0,

    /// <summary>There is no such connection in that database: 404 <c>unknown sid</c>.</summary>
    UnknownSession = 1,

    /// <summary>The connection belongs to a user for whom no token was sent: 401 <c>invalid token</c>.</summary>
    NotOwner = 2,
}
