using Microsoft.Extensions.Logging;

namespace Realtime.Sessions;

// Who holds the session, and what becomes of it when that gateway is gone.
internal sealed partial class SessionGrain
{
    private const int MaxAdoptionAttempts = 3;

    private static readonly TimeSpan RosterCheckPeriod = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan CopyCheckPeriod = TimeSpan.FromSeconds(15);

    // Beside the window: how long nothing has to be heard from a holder before it is asked.
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(5);

    // Before that, most clients of a gateway that stops have come back by themselves.
    private static readonly TimeSpan AdoptionDelay = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan FarewellBound = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public override async Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        if (_copy is null || (_holder is { } holder && roster.IsLive(holder.Gateway, holder.StatedAt)))
        {
            return;
        }

        Vacate(_holder, hasLeft: false);
        try
        {
            await AdoptAsync().WaitAsync(FarewellBound, time, cancellationToken);
        }
        catch (Exception exception)
        {
            LogNotAdopted(exception, Sid);
        }
    }

    private async Task CheckAsync(CancellationToken cancellationToken)
    {
        _copy?.Trim();
        if (_holder is { } holder)
        {
            if (roster.IsLive(holder.Gateway, holder.StatedAt))
            {
                await AskWhenSilentAsync(holder);
                return;
            }

            Vacate(holder, hasLeft: false);
        }

        if (_copy is null || IsWindowOver)
        {
            Forget();
            return;
        }

        await FindHolderAsync();
    }

    /// <summary>
    /// Asks a holder that nothing was heard from for long: its farewell may have been lost, or the answer by which it would have got
    /// the session. Its client would have been back by now.
    /// </summary>
    private async Task AskWhenSilentAsync(SessionHolder holder)
    {
        if (time.GetUtcNow() - holder.StatedAt < _window + Silence)
        {
            return;
        }

        var generation = Generation;
        var answer = await gateways.AskAsync(holder.Gateway, holder.Observer, asked => asked.HoldsSessionAsync(Sid, generation));
        if (!answer.IsAnswered || _holder != holder || Generation != generation)
        {
            return;
        }

        if (answer.Value)
        {
            _holder = holder with { StatedAt = time.GetUtcNow() };
        }
        else
        {
            LogNotHeld(Sid, holder.Gateway);
            Forget();
        }
    }

    private async Task FindHolderAsync()
    {
        if (await AdoptAsync() is { } adopter)
        {
            Keep(adopter);
        }
    }

    /// <summary>Gives the session to a live gateway, so that again two processes have it.</summary>
    /// <returns>The new holder; null if there is none, or another one has stated itself meanwhile.</returns>
    private async Task<SessionHolder?> AdoptAsync()
    {
        foreach (var (gateway, observer) in (await gateways.FindOthersAsync(_former)).Take(MaxAdoptionAttempts))
        {
            if (_holder is not null || _copy is null)
            {
                break;
            }

            // Who takes it without being heard saying so must not be taken for the next one.
            var adopted = _copy.ToRecord() with { Generation = _copy.Generation + 1 };
            _copy.Generation = adopted.Generation;
            var answer = await gateways.AskAsync(gateway, observer, asked => asked.AdoptSessionAsync(Sid, adopted));
            if (answer.Value)
            {
                LogAdopted(Sid, gateway);
                return _holder is null && Generation == adopted.Generation
                    ? new SessionHolder(gateway, observer, time.GetUtcNow(), IsConfirmed: true)
                    : null;
            }
        }

        return null;
    }

    private SessionState NewCopy(SessionRecord record) => new(record, time)
    {
        KeptFor = SessionState.MemoryFor(_window),
    };

    private void Keep(SessionHolder holder)
    {
        _holder = holder;

        // It must be remembered as long as its gateway lives.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var period = _copy is null ? RosterCheckPeriod : CopyCheckPeriod;
        CheckAfter(period, period);
    }

    private void Vacate(SessionHolder? holder, bool hasLeft)
    {
        if (holder is not null && _holder?.Gateway == holder.Gateway)
        {
            (_holder, _former, _hasLeft, _vacantSince) = (null, holder.Gateway, hasLeft, time.GetTimestamp());
        }
    }

    private void CheckAfter(TimeSpan due, TimeSpan period)
    {
        if (_check is null)
        {
            _check = this.RegisterGrainTimer(CheckAsync, new GrainTimerCreationOptions(due, period));
        }
        else
        {
            _check.Change(due, period);
        }
    }

    private void Forget()
    {
        (_holder, _copy) = (null, null);
        _check?.Dispose();
        _check = null;
        DelayDeactivation(TimeSpan.Zero);
        DeactivateOnIdle();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Session {Sid} is held by gateway {GatewayId} now, until its client comes back")]
    private partial void LogAdopted(Guid sid, string gatewayId);

    [LoggerMessage(Level = LogLevel.Debug, Message = "Session {Sid} has ended at gateway {GatewayId} without a word")]
    private partial void LogNotHeld(Guid sid, string gatewayId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The only copy of session {Sid} could not be given to a gateway")]
    private partial void LogNotAdopted(Exception exception, Guid sid);
}
