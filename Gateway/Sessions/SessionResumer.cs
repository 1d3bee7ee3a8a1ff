using Microsoft.Extensions.Options;
using Realtime.Gateway.Auth;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
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
    SessionPlaces places,
    IOptions<RealtimeOptions> options,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<SessionResumer> logger)
{
    /// <summary>Whether clients can come back at all.</summary>
    public bool IsEnabled => options.Value.ResumeWindow > TimeSpan.Zero;

    /// <summary>Goes on with the session that an id is of.</summary>
    /// <param name="client">Who has come back.</param>
    /// <param name="cancellationToken">Set when the client has left.</param>
    public async Task<Resumption> ResumeAsync(ReturningClient client, CancellationToken cancellationToken)
    {
        try
        {
            var resumption = await TryResumeAsync(client, cancellationToken);
            metrics.Resumed(resumption.Outcome);
            return resumption;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotResumed(exception, client.Id.Secret.Sid);
            metrics.Resumed(ResumeOutcome.Undecided);
            return new Resumption(ResumeOutcome.Undecided, null);
        }
    }

    private async Task<Resumption> TryResumeAsync(ReturningClient client, CancellationToken cancellationToken)
    {
        var sid = client.Id.Secret.Sid;
        using var arrival = await arrivals.BeginAsync(sid);
        var record = await TakeAsync(sid);
        if (record is null)
        {
            return default;
        }

        var changes = identities.Changes;
        var connection = handover.Create(client.Transport, record, client.Id.Secret);
        if (client.Greeting is { } greeting)
        {
            connection.Enqueue(new OutboxItem(greeting, OutboxItem.NoSlot));
        }

        var missed = connection.Session!.Restore(record, client.Id);
        if (missed is null || (client.Database ?? record.Identity.Database) != record.Identity.Database)
        {
            connection.Session.Discard();
            await places.EndAsync(sid, record.Generation);
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
                ? await AttachAsync(connection, client, record, missed, changes, cancellationToken)
                : ResumeOutcome.Unknown;
        }
        finally
        {
            if (outcome == ResumeOutcome.Unknown)
            {
                GiveBack(connection, client.Opened);
                await connections.DiscardAsync(connection);
            }
            else if (outcome != ResumeOutcome.Resumed)
            {
                await connections.CloseAsync(connection);
            }
        }

        return new Resumption(outcome, outcome == ResumeOutcome.Resumed ? connection : null);
    }

    private async Task<SessionRecord?> TakeAsync(Guid sid)
    {
        if (handover.Replicas is null)
        {
            // There is no other process that could have it.
            return await handover.ReleaseAsync(sid);
        }

        return await places.TakeAsync(sid);
    }

    private async Task<ResumeOutcome> AttachAsync(
        Connection connection,
        ReturningClient client,
        SessionRecord record,
        IReadOnlyList<MissedChannel> missed,
        long changes,
        CancellationToken cancellationToken)
    {
        var slot = await AcquireSlotAsync(connection, client.Opened, record, cancellationToken);
        if (slot != SlotOutcome.Granted)
        {
            return slot == SlotOutcome.Full ? ResumeOutcome.Full : ResumeOutcome.Undecided;
        }

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

    /// <summary>Never a second one: that of the stream that was open still, or of the connection that it came with (protocol 1.9).</summary>
    private async Task<SlotOutcome> AcquireSlotAsync(
        Connection connection, Connection? opened, SessionRecord record, CancellationToken cancellationToken)
    {
        var tenant = connection.TenantId!;
        var outcome = SlotOutcome.Granted;
        if (record.HandsOverSlot)
        {
            slots.Claim(tenant);
        }
        else if (opened?.TenantId != tenant || !opened.TryTakeSlot())
        {
            outcome = await slots.AcquireAsync(tenant, cancellationToken);
        }

        if (outcome == SlotOutcome.Granted)
        {
            connection.HoldSlot(tenant, slots.Release);
        }

        return outcome;
    }

    /// <summary>The connection that the client came with goes on without a session, and needs a slot for that.</summary>
    private void GiveBack(Connection connection, Connection? opened)
    {
        if (opened is { HasSlot: false, TenantId: { } tenant } && tenant == connection.TenantId && connection.TryTakeSlot())
        {
            opened.HoldSlot(tenant, slots.Release);
        }
    }

    private async Task<bool> IsStillAllowedAsync(SessionRecord record) =>
        record.TokenExpiresAt > time.GetUtcNow()
        && await identities.GetFreshAsync(record.Identity.Database, record.Identity.UserId) == record.Identity;

    [LoggerMessage(Level = LogLevel.Warning, Message = "Session {ConnectionId} could not be gone on with; its client is asked to come back")]
    private partial void LogNotResumed(Exception exception, Guid connectionId);

    [LoggerMessage(Level = LogLevel.Information, Message = "What session {ConnectionId} has missed can't be told; its client begins anew")]
    private partial void LogGap(Guid connectionId);
}

/// <summary>A client that asks to go on with its session.</summary>
/// <param name="Id">What it has got.</param>
/// <param name="Database">The database that it names; null if it names none, and the session's it is.</param>
/// <param name="Transport">How it is connected now.</param>
/// <param name="Greeting">What it is told before anything else if its session goes on.</param>
/// <param name="Opened">The connection that it has asked on, if that was opened before.</param>
internal sealed record ReturningClient(
    ResumeId Id, string? Database, TransportKind Transport, OutboundMessage? Greeting = null, Connection? Opened = null);

/// <summary>The result of an attempt to go on with a session.</summary>
/// <param name="Outcome">What became of it.</param>
/// <param name="Connection">The connection that goes on, with what it missed in its outbox.</param>
internal readonly record struct Resumption(ResumeOutcome Outcome, Connection? Connection);
