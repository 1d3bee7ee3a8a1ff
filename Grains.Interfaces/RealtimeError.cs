namespace Realtime;

/// <summary>
/// A refusal that a client may see: the HTTP status and the short sentence that the client library hands to the
/// application (protocol 3.1). It is a value, not an exception; outages are exceptions.
/// </summary>
/// <param name="Status">The HTTP status, 400 or above.</param>
/// <param name="Message">A plain sentence, safe to show.</param>
[GenerateSerializer, Immutable, Alias("realtime.Error")]
public sealed record RealtimeError(int Status, string Message)
{
    /// <summary>The document doesn't exist or may not be read (protocol 3.2).</summary>
    public static readonly RealtimeError DocumentNotFound = new(404, "document not found");

    /// <summary>The document may be read but not changed (protocol 3.2).</summary>
    public static readonly RealtimeError NotAuthorized = new(403, "not authorized");

    /// <summary>The session token is unknown, expired, of another database, or its user was removed (protocol 3.1).</summary>
    public static readonly RealtimeError InvalidToken = new(401, "invalid token");

    /// <summary>The root token isn't the database's current one (protocol 3.2).</summary>
    public static readonly RealtimeError InvalidRootToken = new(401, "invalid root token");

    /// <summary>Missing or unknown public key (protocol 1.5).</summary>
    public static readonly RealtimeError InvalidPublicKey = new(401, "invalid StaticBackend public key");

    /// <summary>The body isn't the JSON that the endpoint takes (protocol 3.2).</summary>
    public static readonly RealtimeError InvalidBody = new(400, "invalid body");

    /// <summary>The e-mail is malformed, or taken in this database (protocol 3.2).</summary>
    public static readonly RealtimeError InvalidEmail = new(400, "invalid email");

    /// <summary>The e-mail that a new user was to have is taken in this database (protocol 3.2).</summary>
    public static readonly RealtimeError EmailInUse = new(400, "email already in use");

    /// <summary>The password is empty or too long (protocol 3.2).</summary>
    public static readonly RealtimeError InvalidPassword = new(400, "invalid password");

    /// <summary>The caller's role is too low for what it asks (protocol 3.2).</summary>
    public static readonly RealtimeError PermissionTooLow = new(401, "permission level not high enough");

    /// <summary>No such user in the caller's account (protocol 3.2).</summary>
    public static readonly RealtimeError UserNotFound = new(404, "user not found");

    /// <summary>No such tenant (protocol 8).</summary>
    public static readonly RealtimeError TenantNotFound = new(404, "tenant not found");

    /// <summary>A filter on an unindexed field ran longer than the time limit (protocol 3.3).</summary>
    public static readonly RealtimeError QueryTookTooLong = new(503, "query took too long");

    /// <summary>The cluster can't answer just now; the same request may succeed later.</summary>
    public static readonly RealtimeError TemporarilyUnavailable = new(503, "temporarily unavailable, try again");

    /// <summary>A 400 with a sentence that says what is wrong.</summary>
    /// <param name="message">The sentence.</param>
    public static RealtimeError BadRequest(string message) => new(400, message);
}
