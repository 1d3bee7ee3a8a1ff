using System.ComponentModel.DataAnnotations;

namespace Realtime.Gateway;

/// <summary>Settings of the realtime API. Section <see cref="Section"/>.</summary>
public sealed class RealtimeOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Realtime";

    /// <summary>
    /// Bearer key of the operator API (protocol 8). Not set: every operator path answers 404. The development
    /// environment has a default.
    /// </summary>
    public string? OperatorKey { get; set; }

    /// <summary>
    /// Addresses, separated by <c>;</c>, at which the operator API answers instead of the others (protocol 8). Default
    /// null: it answers wherever the gateway listens.
    /// </summary>
    public string? OperatorUrls { get; set; }

    /// <summary>
    /// Keys of session tokens: the first signs, all verify, so that keys can rotate. Required outside the development
    /// environment, which makes one and keeps it in the data folder.
    /// </summary>
    public IList<SigningKeyOptions> SigningKeys { get; } = [];

    /// <summary>Life of a session token; default 12 h (protocol 3.1).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan SessionTokenLifetime { get; set; } = TimeSpan.FromHours(12);

    /// <summary>
    /// Time over which a process that is told to stop spreads the end of its connections; default 10 s, in the all-in-one
    /// process 0, as no other process could take them (protocol 1.5).
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan DrainTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a session can be resumed after its stream has ended; default 60 s, 0 for not at all (protocol 1.9). What
    /// channels and repositories keep, <c>Realtime:Channels:HistoryAge</c> and <c>Realtime:Documents:OutboxAge</c>, has to
    /// reach a minute further back.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan ResumeWindow { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Whether silo and gateway are one process, and no other one exists: nothing can outlive it.</summary>
    internal bool HasOneProcess { get; set; }

    /// <summary>
    /// Sends the reference's replies to a join in addition: <c>ok</c> to the joiner and <c>joined</c> with its sid to the
    /// other members (protocol 1.4.3). Default false.
    /// </summary>
    public bool ReferenceJoinReplies { get; set; }

    /// <summary>
    /// Maps unknown public keys to this database, so that example applications with made-up keys run (protocol 3.3).
    /// Accepted in the development environment only. Default null: off.
    /// </summary>
    public string? UnknownKeysUseDatabase { get; set; }

    /// <summary>The addresses of <see cref="OperatorUrls"/>; none if it isn't set.</summary>
    /// <exception cref="UriFormatException">One of them isn't an address.</exception>
    internal IEnumerable<Uri> ReadOperatorUrls() => (OperatorUrls ?? "")
        .Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
        .Select(static url => new Uri(url.Replace("//*", "//localhost", StringComparison.Ordinal).Replace("//+", "//localhost", StringComparison.Ordinal)));
}

/// <summary>One key that signs or verifies session tokens.</summary>
public sealed class SigningKeyOptions
{
    /// <summary>Fewest bytes of <see cref="Secret"/>: the length of the hash that it keys.</summary>
    public const int MinSecretBytes = 32;

    /// <summary>Name of the key, written into each token.</summary>
    public string Id { get; set; } = "";

    /// <summary>The secret, in base64; at least 32 bytes.</summary>
    public string Secret { get; set; } = "";
}
