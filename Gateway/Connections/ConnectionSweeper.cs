using Microsoft.Extensions.Options;
using Realtime.Gateway.Sessions;

namespace Realtime.Gateway.Connections;

/// <summary>
/// One clock for all connections, instead of timers in each: heartbeats, expired tokens, and those that never
/// authenticate.
/// </summary>
internal sealed class ConnectionSweeper(
    ConnectionRegistry registry,
    AbsentSessions absents,
    ConnectionLifetime connections,
    GivenSessions given,
    IOptions<LimitOptions> limits,
    IOptions<RealtimeOptions> options,
    TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan LongestPeriod = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan TrimPeriod = TimeSpan.FromSeconds(15);

    private readonly LimitOptions _limits = limits.Value;
    private readonly TimeSpan _window = options.Value.ResumeWindow;

    private long _trimmedAt = time.GetTimestamp();

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period(), time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Sweep();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The host stops.
        }
    }

    private TimeSpan Period() => new[]
    {
        LongestPeriod, _limits.SseHeartbeat / 2, _limits.UnauthenticatedSocket / 2, _limits.UnauthenticatedStream / 2,
    }.Min();

    private void Sweep()
    {
        var now = time.GetUtcNow();
        SweepAbsent(now);
        Trim();
        foreach (var connection in registry.All)
        {
            if (NeedsHeartbeats(connection) && connection.IsHeartbeatDue(now, _limits.SseHeartbeat))
            {
                connection.SendHeartbeat();
            }

            if (connection.Identity is not null)
            {
                if (connection.TokenExpiresAt <= now)
                {
                    Expire(connection, now);
                }
            }
            else if (connection.OwnerId is null && now - connection.OpenedAt >= Patience(connection))
            {
                connection.End(EndReason.Policy);
            }
        }
    }

    /// <summary>Ends sessions whose client can't come back any more, and those that there are too many of.</summary>
    private void SweepAbsent(DateTimeOffset now)
    {
        foreach (var session in absents.All)
        {
            if (now - session.AbsentSince >= _window || session.TokenExpiresAt <= now || session.Session?.IsResumable != true)
            {
                _ = connections.DiscardAsync(session);
            }
        }

        foreach (var session in absents.BeyondBounds())
        {
            _ = connections.DiscardAsync(session);
        }
    }

    /// <summary>A WebSocket has pings; there they only tell a client that can come back what it has got.</summary>
    private static bool NeedsHeartbeats(Connection connection) =>
        connection.Transport == TransportKind.ServerSentEvents || connection.Session is not null;

    /// <summary>Sessions in which nothing happens would otherwise keep what their clients have long got.</summary>
    private void Trim()
    {
        given.ForgetOld();
        if (time.GetElapsedTime(_trimmedAt) < TrimPeriod)
        {
            return;
        }

        _trimmedAt = time.GetTimestamp();
        foreach (var connection in registry.All.Concat(absents.All))
        {
            connection.Session?.Trim();
        }
    }

    private TimeSpan Patience(Connection connection) =>
        connection.Database is null ? _limits.UnauthenticatedSocket : _limits.UnauthenticatedStream;

    private static void Expire(Connection connection, DateTimeOffset now)
    {
        // A command that is under way isn't waited for: the next sweep comes soon, and the command checks for itself.
        using var turn = connection.TryEnter();
        if (turn is not null && connection.Identity is not null && connection.TokenExpiresAt <= now)
        {
            Authenticator.Unbind(connection);
        }
    }
}
