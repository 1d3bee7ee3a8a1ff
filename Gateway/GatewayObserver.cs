using Realtime.Gateway.Auth;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Quotas;
using Realtime.Gateway.Sessions;
using Realtime.Gateways;
using Realtime.Sessions;

namespace Realtime.Gateway;

/// <summary>Answers what the cluster asks of this gateway.</summary>
internal sealed partial class GatewayObserver(
    PostHandler posts,
    LateReplies lateReplies,
    IdentityCache identities,
    DatabaseCache databases,
    Authenticator authenticator,
    ConnectionRegistry registry,
    AbsentSessions absents,
    ConnectionLifetime connections,
    SessionHandover handover,
    SlotKeeper slots,
    ChannelHub channels,
    TimeProvider time,
    ILogger<GatewayObserver> logger) : IGatewayObserver
{
    private static readonly TimeSpan RecheckPatience = TimeSpan.FromSeconds(20);

    private static readonly TimeSpan RecheckRetryDelay = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public Task<PostOutcome> PostAsync(Guid connection, SessionPost post) =>
        posts.TakeAsync(connection, post).AsTask();

    /// <inheritdoc/>
    public Task<bool> ReplyAsync(Guid sid, ReadOnlyMemory<byte> reply) => lateReplies.TryTakeAsync(sid, reply).AsTask();

    /// <inheritdoc/>
    public Task IdentityChangedAsync(string database, string userId)
    {
        identities.Evict(database, userId);
        Recheck(registry.All.Where(c => c.OwnerId == userId && c.Database == database));
        foreach (var session in absents.All.Where(c => c.OwnerId == userId && c.Database == database))
        {
            // What it was sent and may not have got was chosen for whom it was.
            _ = connections.DiscardAsync(session);
        }

        return Task.CompletedTask;
    }

    /// <summary>Looks at a database again, whose end may have been missed.</summary>
    public async Task RecheckAsync(string database)
    {
        databases.Evict(database);
        if (await databases.FindAsync(database) is null)
        {
            await DatabaseRemovedAsync(database);
        }
    }

    /// <summary>
    /// Looks at a connection's user again, who may have changed. It never fails: who can't be looked at is ended.
    /// </summary>
    public async Task RecheckAsync(Connection connection)
    {
        var since = time.GetTimestamp();
        try
        {
            while (!await TryRecheckAsync(connection))
            {
                if (time.GetElapsedTime(since) > RecheckPatience)
                {
                    // Who can't be shown to be still allowed isn't.
                    connection.End(EndReason.Internal);
                    return;
                }

                await Task.Delay(RecheckRetryDelay, time, connection.Aborted);
            }
        }
        catch (OperationCanceledException) when (connection.Aborted.IsCancellationRequested)
        {
            // The connection has ended meanwhile. Nobody goes on with it as somebody who may be gone.
            await RecheckSessionAsync(connection, since);
        }
    }

    /// <inheritdoc/>
    public Task DatabaseRemovedAsync(string database)
    {
        databases.Evict(database);
        foreach (var connection in registry.All.Where(c => c.Database == database))
        {
            connection.End(EndReason.Policy);
        }

        foreach (var session in absents.All.Where(c => c.Database == database))
        {
            _ = connections.DiscardAsync(session);
        }

        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public Task<int> CountSlotsAsync(string tenantId) => slots.IsHandingOver(tenantId)
        ? throw new TemporarilyUnavailableException()
        : Task.FromResult(slots.CountHeld(tenantId));

    /// <inheritdoc/>
    public Task<ChannelTail> CollectTailAsync(string channelKey, long epoch, int maxBytes) =>
        Task.FromResult(channels.CollectTail(channelKey, epoch, maxBytes));

    /// <inheritdoc/>
    public Task<SessionRecord?> ReleaseSessionAsync(Guid sid) => handover.ReleaseAsync(sid);

    /// <inheritdoc/>
    public Task<bool> AdoptSessionAsync(Guid sid, SessionRecord record) => handover.TryAdoptAsync(sid, record);

    /// <inheritdoc/>
    public Task<bool> HoldsSessionAsync(Guid sid, long generation) => Task.FromResult(
        (registry.TryGet(sid, out var connection) || absents.TryGet(sid, out connection))
        && (connection.Session?.Generation ?? 0) >= generation);

    private void Recheck(IEnumerable<Connection> connections)
    {
        foreach (var connection in connections)
        {
            // Not awaited: a command that is under way must not hold up the others.
            _ = RecheckAsync(connection);
        }
    }

    /// <summary>Ends a session without a stream unless its user is shown to be still who it was.</summary>
    private async Task RecheckSessionAsync(Connection connection, long since)
    {
        while (connection is { Session.IsResumable: true, Identity: { } known })
        {
            try
            {
                if (await identities.GetFreshAsync(known.Database, known.UserId) != known)
                {
                    connection.Session.Unbind();
                }

                return;
            }
            catch (Exception exception)
            {
                LogRecheckFailed(exception, connection.Sid);
            }

            if (time.GetElapsedTime(since) > RecheckPatience)
            {
                connection.Session.Unbind();
                return;
            }

            await Task.Delay(RecheckRetryDelay, time);
        }
    }

    private async Task<bool> TryRecheckAsync(Connection connection)
    {
        using var turn = await connection.EnterAsync(connection.Aborted);
        try
        {
            await authenticator.RecheckAsync(connection);
            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // While a silo is being replaced, a user can't be asked for.
            LogRecheckFailed(exception, connection.Sid);
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The user of connection {ConnectionId} could not be looked at again; it is tried once more or ended")]
    private partial void LogRecheckFailed(Exception exception, Guid connectionId);
}
