namespace Realtime.Tests.Chaos.Slots;

/// <summary>One attempt of a client to get a connection, and what became of it.</summary>
/// <param name="client">Name of the client.</param>
/// <param name="gateway">Name of the gateway.</param>
/// <param name="askedAt">When it asked for a slot.</param>
internal sealed class ConnectionAttempt(string client, string gateway, TimeSpan askedAt)
{
    /// <summary>Name of the client.</summary>
    public string Client => client;

    /// <summary>Name of the gateway.</summary>
    public string Gateway => gateway;

    /// <summary>When it asked for a slot.</summary>
    public TimeSpan AskedAt => askedAt;

    /// <summary>When it had the answer that it is connected; null if it never was.</summary>
    public TimeSpan? ServedAt { get; set; }

    /// <summary>When it was told that the plan is full; null if it wasn't.</summary>
    public TimeSpan? RefusedAt { get; set; }

    /// <summary>When the attempt failed, or the connection ended; null while it is open.</summary>
    public TimeSpan? EndedAt { get; set; }
}

/// <summary>A time in which a gateway didn't run.</summary>
/// <param name="Gateway">Name of the gateway.</param>
/// <param name="From">When it stopped.</param>
/// <param name="To">When it went on; null while it stands.</param>
internal sealed record GatewayPause(string Gateway, TimeSpan From, TimeSpan? To);
