using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Sessions;

/// <summary>Knows which gateway holds one connection, and leads POSTs there.</summary>
/// <remarks>Never called for a delivered message. Its state is in memory and ends with the connection.</remarks>
internal sealed partial class SessionGrain(
    IGatewayRoster roster, ISiloLosses losses, TimeProvider time, ILogger<SessionGrain> logger) : Grain, ISessionGrain
{
    private static readonly TimeSpan RosterCheckPeriod = TimeSpan.FromMinutes(5);

    private const int MaxSearches = 16;

    // Of all sessions of this silo.
    private static int _searches;

    private static readonly TimeSpan SearchBound = TimeSpan.FromSeconds(1);

    private string? _gateway;
    private IGatewayObserver? _observer;
    private IGrainTimer? _rosterCheck;
    private DateTimeOffset _openedAt;

    public ValueTask OpenAsync(string gateway, IGatewayObserver observer)
    {
        _gateway = gateway;
        _observer = observer;

        // It must be remembered as long as its gateway lives.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        _openedAt = time.GetUtcNow();
        _rosterCheck ??= this.RegisterGrainTimer(
            _ =>
            {
                if (_gateway is null || !roster.IsLive(_gateway, _openedAt))
                {
                    Forget();
                }

                return Task.CompletedTask;
            },
            new GrainTimerCreationOptions(RosterCheckPeriod, RosterCheckPeriod));
        return ValueTask.CompletedTask;
    }

    public async ValueTask<PostOutcome> PostAsync(SessionPost post)
    {
        if (_observer is null)
        {
            // Anybody may ask for any sid; what was never opened must not stay.
            DeactivateOnIdle();
            return await SearchAsync(post);
        }

        try
        {
            return await _observer.PostAsync(this.GetPrimaryKey(), post);
        }
        catch (Exception exception) when (exception is ClientNotAvailableException or OrleansMessageRejectionException)
        {
            // Lost, or only away for a moment: the roster will tell.
            LogGatewayLost(exception, _gateway);
            throw new TemporarilyUnavailableException();
        }
    }

    /// <summary>Asks every gateway: the one that holds the connection may not have stated it again since a silo was lost.</summary>
    private async Task<PostOutcome> SearchAsync(SessionPost post)
    {
        // Anybody may name any sid, so few are searched at a time, except when many may have been forgotten.
        var isCounted = !losses.IsRecent;
        if (isCounted && Interlocked.Increment(ref _searches) > MaxSearches)
        {
            Interlocked.Decrement(ref _searches);
            return PostOutcome.UnknownSession;
        }

        try
        {
            var live = await GrainFactory.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).GetLiveAsync();
            var answers = await Task.WhenAll(live.Select(gateway => AskAsync(gateway, post)));
            return answers.FirstOrDefault(static answer => answer is not (null or PostOutcome.UnknownSession))
                ?? (isCounted || Array.TrueForAll(answers, static answer => answer is not null)
                    ? PostOutcome.UnknownSession
                    : throw new TemporarilyUnavailableException());
        }
        finally
        {
            if (isCounted)
            {
                Interlocked.Decrement(ref _searches);
            }
        }
    }

    private async Task<PostOutcome?> AskAsync(GatewayRegistration gateway, SessionPost post)
    {
        try
        {
            var answer = gateway.Observer.PostAsync(this.GetPrimaryKey(), post);
            answer.Ignore();
            return await answer.WaitAsync(SearchBound, time);
        }
        catch (Exception exception) when (exception is TimeoutException or ClientNotAvailableException or OrleansException)
        {
            LogGatewayLost(exception, gateway.Gateway);
            return null;
        }
    }

    public ValueTask CloseAsync()
    {
        Forget();
        return ValueTask.CompletedTask;
    }

    private void Forget()
    {
        _gateway = null;
        _observer = null;
        _rosterCheck?.Dispose();
        _rosterCheck = null;
        DelayDeactivation(TimeSpan.Zero);
        DeactivateOnIdle();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The gateway {GatewayId} of a session can't be reached")]
    private partial void LogGatewayLost(Exception exception, string? gatewayId);
}
