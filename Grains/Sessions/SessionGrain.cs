using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Sessions;

/// <summary>Knows which gateway holds one connection, and leads POSTs there.</summary>
/// <remarks>Never called for a delivered message. Its state is in memory and ends with the connection.</remarks>
internal sealed partial class SessionGrain(IGatewayRoster roster, TimeProvider time, ILogger<SessionGrain> logger) : Grain, ISessionGrain
{
    private static readonly TimeSpan RosterCheckPeriod = TimeSpan.FromMinutes(5);

    private string? _gateway;
    private IGatewayObserver? _observer;

    public ValueTask OpenAsync(string gateway, IGatewayObserver observer)
    {
        _gateway = gateway;
        _observer = observer;

        // Nobody states a connection twice, so it must be remembered as long as its gateway lives.
        DelayDeactivation(Timeout.InfiniteTimeSpan);
        var openedAt = time.GetUtcNow();
        this.RegisterGrainTimer(
            _ =>
            {
                if (_gateway is null || !roster.IsLive(_gateway, openedAt))
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
            return PostOutcome.UnknownSession;
        }

        try
        {
            return await _observer.PostAsync(this.GetPrimaryKey(), post);
        }
        catch (Exception exception) when (exception is ClientNotAvailableException or OrleansMessageRejectionException)
        {
            LogGatewayLost(exception, _gateway);
            Forget();
            return PostOutcome.UnknownSession;
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
        DelayDeactivation(TimeSpan.Zero);
        DeactivateOnIdle();
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The gateway {GatewayId} of a session is lost")]
    private partial void LogGatewayLost(Exception exception, string? gatewayId);
}
