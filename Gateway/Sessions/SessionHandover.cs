using Microsoft.Extensions.Options;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Quotas;
using Realtime.Gateway.Telemetry;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>Gives sessions away to gateways at which their clients have come back, and takes those of lost gateways.</summary>
internal sealed class SessionHandover(
    ConnectionRegistry registry,
    AbsentSessions absents,
    SessionReplicas replicas,
    GivenSessions given,
    LateReplies lateReplies,
    SlotKeeper slots,
    IdentityCache identities,
    IGrainFactory grains,
    IOptions<LimitOptions> limits,
    IOptions<RealtimeOptions> options,
    GatewayMetrics metrics,
    TimeProvider time)
{
    // Whoever asks waits for a second.
    private static readonly TimeSpan CommandPatience = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan PublicationPatience = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan LeavePatience = TimeSpan.FromSeconds(3);

    // One for all sessions.
    private readonly Func<ResumableSession, OutboundMessage, Task> _sendLate = lateReplies.SendAsync;

    /// <summary>Where a session is kept beside this process; null if this is all there is.</summary>
    public SessionReplicas? Replicas => options.Value.HasOneProcess ? null : replicas;

    /// <summary>Gives a session away. A stream of it that is still open ends.</summary>
    /// <returns>The session; null if it isn't here or can't be gone on with.</returns>
    public async Task<SessionRecord?> ReleaseAsync(Guid sid)
    {
        if (!registry.TryGet(sid, out var connection) && !absents.TryGet(sid, out connection))
        {
            // The answer may have been lost with the silo that asked for it.
            return given.Find(sid);
        }

        if (connection.Session is not { IsResumable: true } session)
        {
            return null;
        }

        // Before its end gives it back.
        var hadSlot = connection.TryTakeSlot();
        connection.End(EndReason.TakenOver);
        var turn = await TryEnterAsync(connection);
        if (turn is not null)
        {
            await connection.FinishPublicationsAsync(PublicationPatience);
        }

        var record = session.Release();
        if (record is not null)
        {
            given.Add(sid, record);
            record = record with { HandsOverSlot = hadSlot };
        }

        if (hadSlot && record is not null)
        {
            slots.HandOver(connection.TenantId!);
        }
        else if (hadSlot)
        {
            slots.Release(connection.TenantId!);
        }

        connection.StopListening();
        if (registry.Remove(connection))
        {
            metrics.Ended(connection.Transport, EndReason.TakenOver);
        }

        absents.Remove(connection);
        connection.Outbox.Clear();
        turn?.Dispose();
        return record;
    }

    /// <summary>Holds a session until its client comes back.</summary>
    /// <returns>False if its tenant has too many, or its user isn't who it was.</returns>
    public async Task<bool> TryAdoptAsync(Guid sid, SessionRecord record)
    {
        if (await identities.GetFreshAsync(record.Identity.Database, record.Identity.UserId) != record.Identity
            || !absents.HasRoom(record.TenantId) || absents.TryGet(sid, out _) || registry.TryGet(sid, out _))
        {
            return false;
        }

        var connection = Create(TransportKind.ServerSentEvents, record, SessionSecret.Unknown(sid));
        connection.Session!.Restore(record, id: null);
        connection.End(EndReason.ClientLeft);
        connection.AbsentSince = time.GetUtcNow();
        absents.Add(connection);
        connection.Session.Restate();
        return true;
    }

    /// <summary>A connection that goes on with a session.</summary>
    public Connection Create(TransportKind transport, SessionRecord record, SessionSecret secret)
    {
        var connection = new Connection(transport, record.Identity.Database, limits.Value, time, secret);
        connection.HoldNoSlot(record.TenantId);
        connection.Bind(record.Identity, record.TokenExpiresAt);
        Remember(connection);
        return connection;
    }

    /// <summary>Lets the client of a connection come back.</summary>
    public ResumableSession Remember(Connection connection)
    {
        var session = connection.Remember(Replicas, limits.Value, time, options.Value.ResumeWindow);
        session.SendLate = _sendLate;
        return session;
    }

    /// <summary>This process stops: the sessions' grains have all there is from now on.</summary>
    public async Task LeaveAllAsync()
    {
        if (Replicas is null)
        {
            return;
        }

        await Task.WhenAll(absents.All.Select(LeaveAsync)).WaitAsync(LeavePatience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task LeaveAsync(Connection connection)
    {
        await connection.Session!.HoldAsync();
        await grains.GetGrain<ISessionGrain>(connection.Sid).LeaveAsync(connection.Session.Generation);
    }

    private static async Task<Connection.Turn?> TryEnterAsync(Connection connection)
    {
        using var patience = new CancellationTokenSource(CommandPatience);
        try
        {
            return await connection.EnterAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            // A command is stuck; what it does here has no effect any more, and its reply follows the session.
            return null;
        }
    }
}
