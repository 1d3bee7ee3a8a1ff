using Realtime.Gateway.Auth;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Quotas;
using Realtime.Gateways;
using Realtime.Sessions;

namespace Realtime.Gateway;

/// <summary>Answers what the cluster asks of this gateway.</summary>
internal sealed partial class GatewayObserver(
    PostHandler posts,
    IdentityCache identities,
    DatabaseCache databases,
    Authenticator authenticator,
    ConnectionRegistry registry,
    SlotKeeper slots,
    ILogger<GatewayObserver> logger) : IGatewayObserver
{
    /// <inheritdoc/>
    public Task<PostOutcome> PostAsync(Guid connection, SessionPost post) =>
        posts.TakeAsync(connection, post).AsTask();

    /// <inheritdoc/>
    public Task IdentityChangedAsync(string database, string userId)
    {
        identities.Evict(database, userId);
        Recheck(registry.All.Where(c => c.OwnerId == userId && c.Database == database));
        return Task.CompletedTask;
    }

    /// <summary>Looks at the databases and users of all connections again, after changes may have been missed.</summary>
    public async Task RecheckAllAsync()
    {
        foreach (var database in registry.All.Select(static connection => connection.Database).OfType<string>().Distinct().ToList())
        {
            databases.Evict(database);
            if (await databases.FindAsync(database) is null)
            {
                await DatabaseRemovedAsync(database);
            }
        }

        Recheck(registry.All);
    }

    /// <inheritdoc/>
    public Task DatabaseRemovedAsync(string database)
    {
        databases.Evict(database);
        foreach (var connection in registry.All.Where(c => c.Database == database))
        {
            connection.End(EndReason.Policy);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int> CountSlotsAsync(string tenantId) => Task.FromResult(slots.CountHeld(tenantId));

    private void Recheck(IEnumerable<Connection> connections)
    {
        foreach (var connection in connections)
        {
            // Not awaited: a command that is under way must not hold up the others.
            _ = RecheckAsync(connection);
        }
    }

    private async Task RecheckAsync(Connection connection)
    {
        try
        {
            using var turn = await connection.EnterAsync(connection.Aborted);
            await authenticator.RecheckAsync(connection);
        }
        catch (OperationCanceledException) when (connection.Aborted.IsCancellationRequested)
        {
            // The connection has ended meanwhile.
        }
        catch (Exception exception)
        {
            // Who can't be shown to be still allowed isn't.
            LogRecheckFailed(exception, connection.Sid);
            connection.End(EndReason.Internal);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The user of connection {ConnectionId} could not be looked at again; it is ended")]
    private partial void LogRecheckFailed(Exception exception, Guid connectionId);
}
