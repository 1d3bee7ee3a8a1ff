using System.ComponentModel.DataAnnotations;

namespace Realtime.Gateway.Connections;

/// <summary>Bounds of what one client, or all of them together, may use. Section <see cref="Section"/>.</summary>
public sealed class LimitOptions
{
    /// <summary>Name of the configuration section.</summary>
    public const string Section = "Realtime:Limits";

    /// <summary>Longest client message, in bytes of UTF-8; default 64 KiB (protocol 1.6).</summary>
    [Range(256, 16 * 1024 * 1024)]
    public int MaxMessageBytes { get; set; } = 64 * 1024;

    /// <summary>Commands a second that one connection may send for long; default 500 (protocol 1.6).</summary>
    [Range(1, 1_000_000)]
    public int CommandsPerSecond { get; set; } = 500;

    /// <summary>Commands that one connection may send at once after a pause; default 2,000 (protocol 1.6).</summary>
    [Range(1, 1_000_000)]
    public int CommandBurst { get; set; } = 2000;

    /// <summary>Channels that one connection may be a member of; default 1,000 (protocol 1.6).</summary>
    [Range(1, 100_000)]
    public int MaxChannelsPerConnection { get; set; } = 1000;

    /// <summary>Longest channel name, in UTF-16 units; default 256 (protocol 1.4.3).</summary>
    [Range(1, 256)]
    public int MaxChannelNameLength { get; set; } = 256;

    /// <summary>
    /// Bytes that may wait for one connection before it is ended as a slow reader; default 16 MiB. It must hold the
    /// largest burst that one accepted write can cause: a bulk create of 4 MiB, whose events are escaped.
    /// </summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public long OutboxBytes { get; set; } = 16 * 1024 * 1024;

    /// <summary>Publications of one connection that may wait for their <c>ok</c>; its next command waits. Default 64.</summary>
    [Range(1, 100_000)]
    public int MaxPublicationsInFlight { get; set; } = 64;

    /// <summary>
    /// Bytes of posted commands of one connection that may wait for the one before, each charged 1 KiB beside its size;
    /// default 4 MiB, which holds more small ones than <see cref="CommandBurst"/>. More are refused like a rate.
    /// </summary>
    [Range(64 * 1024, 1024 * 1024 * 1024)]
    public long QueuedCommandBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// Bytes of publications that this gateway keeps for 3 min after it has delivered or published them, over all channels;
    /// default 64 MiB. They complete a channel's order when its silo is lost: with less, members may have to begin anew.
    /// </summary>
    [Range(1024 * 1024, 16L * 1024 * 1024 * 1024)]
    public long RecentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>
    /// Sessions of one tenant that this gateway keeps while their clients are away; default 10,000. Those that have been
    /// away for longest make room (protocol 1.9).
    /// </summary>
    [Range(0, 10_000_000)]
    public int MaxAbsentSessions { get; set; } = 10_000;

    /// <summary>Bytes of such sessions of one tenant: what their clients were told and may not have got; default 64 MiB.</summary>
    [Range(0, 64L * 1024 * 1024 * 1024)]
    public long AbsentBytes { get; set; } = 64 * 1024 * 1024;

    /// <summary>Silence after which an SSE stream gets a comment line; default 15 s (protocol 1.5).</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan SseHeartbeat { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>Time between two pings on a WebSocket; two unanswered end it. Default 30 s (protocol 1.5).</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:05:00")]
    public TimeSpan WebSocketPing { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Time after which an SSE stream that has not authenticated is ended; default 60 s (protocol 4).</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan UnauthenticatedStream { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>Time after which a WebSocket that named no key and has not authenticated is closed; default 30 s (protocol 4).</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "01:00:00")]
    public TimeSpan UnauthenticatedSocket { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>WebSockets of this gateway that belong to no database yet; default 10,000 (protocol 4).</summary>
    [Range(1, 1_000_000)]
    public int MaxUnauthenticatedSockets { get; set; } = 10_000;

    /// <summary>Longest request body of the HTTP API, in bytes; default 4 MiB (protocol 3.3).</summary>
    [Range(1024, 256 * 1024 * 1024)]
    public int MaxBodyBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>How long a stream's request is held while the cluster can't tell whether the plan is full; default 5 s (protocol 1.5).</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:00:30")]
    public TimeSpan UndecidedHold { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Registrations and logins that one address may make a minute; default 600, 0 for no bound. Not applied in the
    /// development environment (protocol 8). Behind a proxy, set <c>ASPNETCORE_FORWARDEDHEADERS_ENABLED</c>, or all clients
    /// count as one address.
    /// </summary>
    [Range(0, 1_000_000)]
    public int LoginsPerMinute { get; set; } = 600;

    /// <summary>
    /// Streams and sockets that one address may open a minute; default 6,000, 0 for no bound. Applied like
    /// <see cref="LoginsPerMinute"/>; whoever is over it is asked to come back later, never refused for good.
    /// </summary>
    [Range(0, 1_000_000)]
    public int StreamsPerMinute { get; set; } = 6000;
}
