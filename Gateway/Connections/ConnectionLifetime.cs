using Realtime.Gateway.Auth;
using Realtime.Gateway.Telemetry;
using Realtime.Sessions;

namespace Realtime.Gateway.Connections;

/// <summary>What happens when any connection begins and ends, whatever its transport.</summary>
internal sealed partial class ConnectionLifetime(
    ConnectionRegistry registry,
    DatabaseCache databases,
    IGrainFactory grains,
    GatewayIdentity gateway,
    IHostApplicationLifetime lifetime,
    GatewayMetrics metrics,
    ILogger<ConnectionLifetime> logger)
{
    /// <summary>Makes a connection known here and, by its session grain, to all gateways.</summary>
    public async Task OpenAsync(Connection connection)
    {
        await grains.GetGrain<ISessionGrain>(connection.Sid).OpenAsync(gateway.Id, gateway.Observer);
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
        if (!registry.TryGet(connection.Sid, out var _))
        {
            return;
        }

        var session = grains.GetGrain<ISessionGrain>(connection.Sid);
        await session.OpenAsync(gateway.Id, gateway.Observer);
        if (!registry.TryGet(connection.Sid, out var _))
        {
            // It ended meanwhile, and its farewell may have come before this.
            await session.CloseAsync();
        }
    }

    /// <summary>Ends memberships, binding and slot, after the command that is under way.</summary>
    public async Task CloseAsync(Connection connection)
    {
        connection.Abort();

        // Not to be found any more, and a slot free for the same client's return, before anything that may take time.
        if (registry.Remove(connection))
        {
            metrics.Ended(connection.Transport, connection.EndReason);
        }

        connection.ReleaseSlot();
        using (await connection.EnterAsync(CancellationToken.None))
        {
            connection.Unbind();

            // An auth that was under way may have got one meanwhile.
            connection.ReleaseSlot();
        }

        LogClosed(connection.Sid, connection.EndReason);
        try
        {
            await grains.GetGrain<ISessionGrain>(connection.Sid).CloseAsync();
        }
        catch (Exception exception)
        {
            // The gateway is asked again before anything is done for this sid, and doesn't know it any more.
            LogSessionNotClosed(exception, connection.Sid);
        }

        connection.Dispose();
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {ConnectionId} opened over {Transport}")]
    private partial void LogOpened(Guid connectionId, TransportKind transport);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Connection {ConnectionId} ended: {Reason}")]
    private partial void LogClosed(Guid connectionId, EndReason? reason);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The session of connection {ConnectionId} could not be closed")]
    private partial void LogSessionNotClosed(Exception exception, Guid connectionId);
}
