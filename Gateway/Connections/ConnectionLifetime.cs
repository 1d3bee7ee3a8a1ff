using Realtime.Gateway.Auth;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Connections;

/// <summary>What happens when any connection begins and ends, whatever its transport.</summary>
internal sealed partial class ConnectionLifetime(
    ConnectionRegistry registry,
    AbsentSessions absents,
    DatabaseCache databases,
    SessionPlaces places,
    IHostApplicationLifetime lifetime,
    TimeProvider time,
    GatewayMetrics metrics,
    ILogger<ConnectionLifetime> logger)
{
    /// <summary>Makes a connection known here and, by its session grain, to all gateways.</summary>
    public async Task OpenAsync(Connection connection)
    {
        await places.OpenAsync(connection);
        registry.Add(connection);
        metrics.Opened(connection.Transport);
        LogOpened(connection.Sid, connection.Transport);

        // Who ended all connections of the process, or of the database, may have looked just before.
        if (lifetime.ApplicationStopping.IsCancellationRequested)
        {
            connection.End(EndReason.GoingAway);
        }
        else if (connection.Database is { } database && await databases.FindAsync(database) is null)
        {
            connection.End(EndReason.Policy);
        }
    }

    /// <summary>States a connection to its session grain again, which may have been lost with a silo.</summary>
    public async Task RestateAsync(Connection connection)
    {
        if (connection.Session is { IsResumable: true } resumable && resumable.HasReplica)
        {
            resumable.Restate();
            return;
        }

        if (!IsHere(connection))
        {
            return;
        }

        await places.OpenAsync(connection);
        if (!IsHere(connection))
        {
            // It ended meanwhile, and its farewell may have come before this.
            await places.CloseAsync(connection.Sid);
        }
    }

    /// <summary>Ends memberships, binding and slot, after the command that is under way. Does it once.</summary>
    public async Task CloseAsync(Connection connection)
    {
        if (!connection.TryClose())
        {
            return;
        }

        connection.Abort();
        if (CanComeBack(connection))
        {
            await SuspendAsync(connection);
            return;
        }

        // Not to be found any more, and a slot free for the same client's return, before anything that may take time.
        if (registry.Remove(connection))
        {
            metrics.Ended(connection.Transport, connection.EndReason);
        }

        connection.ReleaseSlot();
        var isTakenOver = connection.EndReason == EndReason.TakenOver;
        using (await connection.EnterAsync(CancellationToken.None))
        {
            if (isTakenOver)
            {
                // Whoever takes the session may still be about to get it, as it is.
                connection.StopListening();
            }
            else
            {
                connection.Unbind();
            }

            // An auth that was under way may have got one meanwhile.
            connection.ReleaseSlot();
        }

        LogClosed(connection.Sid, connection.EndReason);
        if (!isTakenOver && connection.Session?.IsOver != true)
        {
            await CloseSessionAsync(connection, connection.Session?.Generation ?? 0);
        }

        connection.Dispose();
    }

    /// <summary>Forgets a session whose client can't come back to it any more.</summary>
    public async Task DiscardAsync(Connection connection)
    {
        if (!absents.Remove(connection))
        {
            return;
        }

        metrics.Discarded();
        var generation = connection.Session!.Generation;
        connection.Session.Discard();
        connection.StopListening();
        connection.ReleaseSlot();
        await CloseSessionAsync(connection, generation);
        connection.Dispose();
    }

    private bool IsHere(Connection connection) =>
        registry.TryGet(connection.Sid, out _) || absents.TryGet(connection.Sid, out _);

    private static bool CanComeBack(Connection connection) =>
        connection.Session?.IsResumable == true
        && connection.EndReason is EndReason.ClientLeft or EndReason.GoingAway or EndReason.SlowReader;

    /// <summary>Keeps the session of a connection that has ended; its slot is free, and its channels count it no more.</summary>
    private async Task SuspendAsync(Connection connection)
    {
        connection.AbsentSince = time.GetUtcNow();
        var hasRoom = absents.Add(connection);
        if (registry.Remove(connection))
        {
            metrics.Ended(connection.Transport, connection.EndReason);
        }

        connection.ReleaseSlot();
        using (await connection.EnterAsync(CancellationToken.None))
        {
            connection.StopListening();
            connection.Session!.Suspend();
            connection.Outbox.Clear();
            connection.ReleaseSlot();
        }

        LogSuspended(connection.Sid, connection.EndReason);
        if (!connection.Session.IsResumable)
        {
            await DiscardAsync(connection);
        }
        else if (!hasRoom)
        {
            foreach (var other in absents.BeyondBounds(connection.TenantId!))
            {
                await DiscardAsync(other);
            }
        }
    }

    private async Task CloseSessionAsync(Connection connection, long generation)
    {
        try
        {
            await (connection is { Session.HasReplica: true, OwnerId: not null } ? places.EndAsync(connection.Sid, generation) : places.CloseAsync(connection.Sid));
        }
        catch (Exception exception)
        {
            // The gateway is asked again before anything is done for this sid, and doesn't know it any more.
            LogSessionNotClosed(exception, connection.Sid);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The stream of session {ConnectionId} ended: {Reason}; its client may come back")]
    private partial void LogSuspended(Guid connectionId, EndReason? reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {ConnectionId} opened over {Transport}")]
    private partial void LogOpened(Guid connectionId, TransportKind transport);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {ConnectionId} ended: {Reason}")]
    private partial void LogClosed(Guid connectionId, EndReason? reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The session of connection {ConnectionId} could not be closed")]
    private partial void LogSessionNotClosed(Exception exception, Guid connectionId);
}
