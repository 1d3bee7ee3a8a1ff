using Realtime.Sessions;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// Keeps one session's changes in its grain, one call at a time; what gathers meanwhile goes with the next. Where that takes
/// too long the client isn't kept waiting: only if this process is lost, too, would it begin anew.
/// </summary>
internal sealed partial class SessionReplica
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    // Beyond its patience by so much that the clock ran on without this process; well below a gateway's lease.
    private static readonly TimeSpan Standstill = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    private readonly ResumableSession _session;
    private readonly ISessionGrain _grain;
    private readonly GatewayIdentity _gateway;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private volatile bool _mustHold = true;

    public SessionReplica(ResumableSession session, ISessionGrain grain, GatewayIdentity gateway, TimeProvider time, ILogger logger)
    {
        (_session, _grain, _gateway, _time, _logger) = (session, grain, gateway, time, logger);
        _pump = new Pump(SaveAsync, logger);
    }

    /// <summary>There is something to keep.</summary>
    public void Wake() => _pump.Wake();

    /// <summary>The grain may have forgotten everything.</summary>
    public void Restate()
    {
        _mustHold = true;
        _pump.Wake();
    }

    /// <summary>States everything, and waits until the grain has heard it or can't be reached in time.</summary>
    public async Task HoldAsync()
    {
        _mustHold = true;
        await _pump.WakeAsync().WaitAsync(Patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task SaveAsync()
    {
        var waiting = new List<ResumableSession.Delivery>();
        while (_session.TakeUnsaved(_mustHold) is { } unsaved)
        {
            waiting.AddRange(unsaved.Deliveries);
            _mustHold = false;
            var began = _time.GetTimestamp();
            var outcome = await TrySaveAsync(unsaved);
            _mustHold |= outcome is null or SaveOutcome.NeedsWhole;
            if (outcome == SaveOutcome.NeedsWhole && unsaved.Whole is null)
            {
                continue;
            }

            if (outcome == SaveOutcome.NotHolder)
            {
                // Whoever holds it doesn't know of these: a client that had heard of them would have to begin anew.
                ResumableSession.Drop(waiting);
                waiting.Clear();
                _session.Lose();
                continue;
            }

            if (outcome is null && _time.GetElapsedTime(began) > Standstill)
            {
                // This process stood still, and another may hold the session by now.
                continue;
            }

            _session.Deliver(waiting);
            waiting.Clear();
            if (_mustHold)
            {
                await Task.Delay(RetryDelay, _time);
            }
        }

        _session.Deliver(waiting);
    }

    private async Task<SaveOutcome?> TrySaveAsync(ResumableSession.UnsavedChanges unsaved)
    {
        try
        {
            return await CallAsync(unsaved).AsTask().WaitAsync(Patience, _time);
        }
        catch (Exception exception)
        {
            LogNotKept(exception, _session.Sid);
            return null;
        }
    }

    private ValueTask<SaveOutcome> CallAsync(ResumableSession.UnsavedChanges unsaved) => unsaved switch
    {
        { Whole: { } whole } => _grain.HoldAsync(_gateway.Id, _gateway.Observer, whole),
        { Update: { } update } => _grain.SaveAsync(_session.Generation, update),
        _ => new(SaveOutcome.Saved),
    };

    [LoggerMessage(Level = LogLevel.Information, Message = "Session {ConnectionId} could not be kept in a second place; it is tried again")]
    private partial void LogNotKept(Exception exception, Guid connectionId);
}

/// <summary>Second places for sessions, in processes that aren't all there is.</summary>
internal sealed class SessionReplicas(IGrainFactory grains, GatewayIdentity gateway, TimeProvider time, ILogger<SessionReplica> logger)
{
    /// <summary>The second place of a session.</summary>
    public SessionReplica Create(ResumableSession session) =>
        new(session, grains.GetGrain<ISessionGrain>(session.Sid), gateway, time, logger);
}
