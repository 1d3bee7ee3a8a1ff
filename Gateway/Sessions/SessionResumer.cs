using Microsoft.Extensions.Options;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Quotas;
using Realtime.Gateway.Telemetry;
using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>What became of an attempt to go on with a session.</summary>
internal enum ResumeOutcome
{
    /// <summary>It can't be gone on with: the client begins anew.</summary>
    Unknown,

    /// <summary>It goes on.</summary>
    Resumed,

    /// <summary>The plan is known to be full.</summary>
    Full,

    /// <summary>It can't be told just now: the client has to come back once more.</summary>
    Undecided,
}

/// <summary>Goes on with the session of a client that has come back (protocol 1.9).</summary>
internal sealed partial class SessionResumer(
    SessionArrivals arrivals,
    SessionHandover handover,
    SessionReplay replay,
    AbsentSessions absents,
    ConnectionRegistry registry,
    ConnectionLifetime connections,
    Authenticator authenticator,
    IdentityCache identities,
    SlotKeeper slots,
    IGrainFactory grains,
    GatewayIdentity gateway,
    IOptions<RealtimeOptions> options,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<SessionResumer> logger)
{
    /// <summary>Whether clients can come back at all.</summary>
    public bool IsEnabled => options.Value.ResumeWindow > TimeSpan.Zero;

    /// <summary>Goes on with the session that an id is of.</summary>
    /// <param name="id">What the client has got.</param>
    /// <param name="database">The database that it names.</param>
    /// <param name="transport">How it is connected now.</param>
    /// <param name="cancellationToken">Set when the client has left.</param>
    public async Task<Resumption> ResumeAsync(
        ResumeId id, DatabaseRef database, TransportKind transport, CancellationToken cancellationToken)
    {
        try
        {
            var resumption = await TryResumeAsync(id, database, transport, cancellationToken);
            metrics.Resumed(resumption.Outcome);
            return resumption;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotResumed(exception, id.Secret.Sid);
            metrics.Resumed(ResumeOutcome.Undecided);
            return new Resumption(ResumeOutcome.Undecided, null);
        }
    }

    private async Task<Resumption> TryResumeAsync(
        ResumeId id, DatabaseRef database, TransportKind transport, CancellationToken cancellationToken)
    {
        var sid = id.Secret.Sid;
        var grain = grains.GetGrain<ISessionGrain>(sid);
        using var arrival = await arrivals.BeginAsync(sid);
        var record = await TakeAsync(sid, grain);
        if (record is null)
        {
            return default;
        }

        var changes = identities.Changes;
        var connection = handover.Create(transport, record, id.Secret);
        var missed = connection.Session!.Restore(record, id);
        if (missed is null || record.Identity.Database != database.PublicKey)
        {
            connection.Session.Release();
            await grain.EndAsync(record.Generation);
            return default;
        }

        var outcome = ResumeOutcome.Undecided;
        try
        {
            // Commands wait until it is known whether there is a stream.
            using var turn = await connection.EnterAsync(CancellationToken.None);

            // From here on it is held here, whatever becomes of its client, and whoever ends sessions finds it.
            connection.AbsentSince = time.GetUtcNow();
            absents.Add(connection);
            outcome = await IsStillAllowedAsync(record)
                ? await AttachAsync(connection, missed, changes, cancellationToken)
                : ResumeOutcome.Unknown;
        }
        finally
        {
            if (outcome == ResumeOutcome.Unknown)
            {
                await connections.DiscardAsync(connection);
            }
            else if (outcome != ResumeOutcome.Resumed)
            {
                await connections.CloseAsync(connection);
            }
        }

        return new Resumption(outcome, outcome == ResumeOutcome.Resumed ? connection : null);
    }

    private async Task<SessionRecord?> TakeAsync(Guid sid, ISessionGrain grain)
    {
        if (handover.Replicas is null)
        {
            // There is no other process that could have it.
            return await handover.ReleaseAsync(sid);
        }

        return await grain.TakeAsync(gateway.Id, gateway.Observer);
    }

    private async Task<ResumeOutcome> AttachAsync(
        Connection connection, IReadOnlyList<MissedChannel> missed, long changes, CancellationToken cancellationToken)
    {
        var slot = await slots.AcquireAsync(connection.TenantId!, cancellationToken);
        if (slot != SlotOutcome.Granted)
        {
            return slot == SlotOutcome.Full ? ResumeOutcome.Full : ResumeOutcome.Undecided;
        }

        handover.HoldSlot(connection);
        if (!await replay.RunAsync(connection, missed, cancellationToken) || connection.EndReason == EndReason.SlowReader)
        {
            LogGap(connection.Sid);
            return ResumeOutcome.Unknown;
        }

        await connection.Session!.HoldAsync();
        connection.AbsentSince = null;
        registry.Add(connection);
        if (!absents.Remove(connection))
        {
            // It was ended meanwhile, by somebody who didn't see a stream.
            registry.Remove(connection);
            return ResumeOutcome.Undecided;
        }

        if (changes != identities.Changes)
        {
            await authenticator.RecheckAsync(connection);
        }

        metrics.Opened(connection.Transport);
        return ResumeOutcome.Resumed;
    }

    private async Task<bool> IsStillAllowedAsync(SessionRecord record) =>
        record.TokenExpiresAt > time.GetUtcNow()
        && await identities.GetFreshAsync(record.Identity.Database, record.Identity.UserId) == record.Identity;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {ConnectionId} could not be gone on with; its client is asked to come back")]
    private partial void LogNotResumed(Exception exception, Guid connectionId);

    [LoggerMessage(Level = LogLevel.Information, Message = "What session {ConnectionId} has missed can't be told; its client begins anew")]
    private partial void LogGap(Guid connectionId);
}

/// <summary>The result of an attempt to go on with a session.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Connection">The connection that goes on, with what it missed in its outbox.</param>
internal readonly record struct Resumption(ResumeOutcome Outcome, Connection? Connection);
