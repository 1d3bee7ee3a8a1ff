using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Realtime.Gateways;

namespace Realtime.Sessions;

/// <summary>Knows which gateway holds one connection, leads POSTs there, and keeps the second copy of its session.</summary>
/// <remarks>
/// Never called for a delivered message. All of it is in memory: what is lost with the silo is stated again by the gateway
/// that holds the session. <see cref="SaveAsync"/>, <see cref="HoldAsync"/> and <see cref="LeaveAsync"/> may run while the
/// other methods wait, so those look at the fields again after each wait.
/// </remarks>
internal sealed partial class SessionGrain(
    SessionGateways gateways,
    IGatewayRoster roster,
    ISiloLosses losses,
    IOptions<SessionOptions> options,
    TimeProvider time,
    ILogger<SessionGrain> logger) : Grain, ISessionGrain
{
    // Whoever comes back for the session waits meanwhile.
    private static readonly TimeSpan ReplyPatience = TimeSpan.FromSeconds(1);

    private readonly TimeSpan _window = options.Value.ResumeWindow;

    private SessionHolder? _holder;
    private SessionState? _copy;

    // The generation that the session had where it was taken from; null if that was the copy.
    private long? _givenAway;
    private IGrainTimer? _check;

    // While there is a copy and no holder: who held it last, whether it said farewell, and when.
    private string? _former;
    private bool _hasLeft;
    private long _vacantSince;

    private Guid Sid => this.GetPrimaryKey();

    private long Generation => _copy?.Generation ?? 0;

    private bool IsWindowOver => time.GetElapsedTime(_vacantSince) >= _window;

    /// <inheritdoc/>
    public ValueTask OpenAsync(string gateway, IGatewayObserver observer)
    {
        if (_copy is null || _holder?.Gateway == gateway)
        {
            Keep(new SessionHolder(gateway, observer, time.GetUtcNow(), IsConfirmed: true));
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<PostOutcome> PostAsync(SessionPost post)
    {
        if (_holder is { } holder)
        {
            if (await ForwardAsync(holder, post) is { } outcome)
            {
                return outcome;
            }

            if (_copy is null || roster.IsLive(holder.Gateway, holder.StatedAt))
            {
                // Lost, or only away for a moment: the roster will tell.
                throw new TemporarilyUnavailableException();
            }

            Vacate(holder, hasLeft: false);
        }

        if (_copy is null)
        {
            return await SearchAsync(post);
        }

        if (_holder is null && IsWindowOver)
        {
            // Whoever was thought lost may be there again, and have stated it to another activation.
            Forget();
            return await SearchAsync(post);
        }

        await FindHolderAsync();
        return _holder is { } adopter && await ForwardAsync(adopter, post) is { } taken
            ? taken
            : throw new TemporarilyUnavailableException();
    }

    /// <inheritdoc/>
    public async ValueTask<bool> ReplyAsync(long generation, ReadOnlyMemory<byte> reply)
    {
        try
        {
            return generation == _givenAway && _holder is { } holder && await holder.Observer.ReplyAsync(Sid, reply).WaitAsync(ReplyPatience, time);
        }
        finally
        {
            LeaveNoTrace();
        }
    }

    /// <inheritdoc/>
    public ValueTask<SaveOutcome> HoldAsync(string gateway, IGatewayObserver observer, SessionRecord whole)
    {
        if (whole.Generation < Generation
            || (_copy is not null && whole.Generation == Generation && _holder is { } other && other.Gateway != gateway))
        {
            return new(SaveOutcome.NotHolder);
        }

        // The call may have been made before updates that have come already.
        if (_copy is null || whole.Generation > Generation || whole.Update >= _copy.Update)
        {
            _copy = NewCopy(whole);
        }

        Keep(new SessionHolder(gateway, observer, time.GetUtcNow(), IsConfirmed: true));
        return new(SaveOutcome.Saved);
    }

    /// <inheritdoc/>
    public ValueTask<SaveOutcome> SaveAsync(long generation, SessionUpdate update)
    {
        if (generation < Generation)
        {
            return new(SaveOutcome.NotHolder);
        }

        // Who was thought lost, and isn't, states itself again with the whole.
        if (_copy is null || generation > Generation || (_holder is null && !_hasLeft) || !_copy.TryApply(update))
        {
            return new(SaveOutcome.NeedsWhole);
        }

        _holder = _holder is null ? null : _holder with { StatedAt = time.GetUtcNow(), IsConfirmed = true };
        return new(SaveOutcome.Saved);
    }

    /// <inheritdoc/>
    public async ValueTask<SessionRecord?> TakeAsync(string gateway, IGatewayObserver observer)
    {
        try
        {
            if (await ReleaseAsync() is not ({ } found, var isGivenAway))
            {
                return null;
            }

            _givenAway = isGivenAway ? found.Generation : null;
            var taken = found with { Generation = Math.Max(found.Generation, Generation) + 1 };
            _copy = NewCopy(taken);
            Keep(new SessionHolder(gateway, observer, time.GetUtcNow(), IsConfirmed: false));
            return taken;
        }
        finally
        {
            LeaveNoTrace();
        }
    }

    /// <inheritdoc/>
    public ValueTask LeaveAsync(long generation)
    {
        if (_holder is not null && _copy is not null && generation >= Generation)
        {
            Vacate(_holder, hasLeft: true);
            CheckAfter(AdoptionDelay, CopyCheckPeriod);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask EndAsync(long generation)
    {
        if (generation >= Generation)
        {
            Forget();
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask CloseAsync()
    {
        Forget();
        return ValueTask.CompletedTask;
    }

    /// <summary>What the session is, as far as it can be told; its holder, if it can be reached, holds it no more.</summary>
    /// <returns>The session, and whether its holder gave it away, so that it isn't taken from the copy.</returns>
    private async Task<(SessionRecord? Session, bool IsGivenAway)> ReleaseAsync()
    {
        if (_holder is null && _copy is null && await gateways.ReleaseAsync(Sid) is { } released)
        {
            return Latest(released);
        }

        // Who has stated it while it was searched for may have ended it since then.
        if (_holder is not { } holder)
        {
            if (_copy is not null && IsWindowOver)
            {
                Forget();
            }

            return (_copy?.ToRecord(), false);
        }

        var generation = Generation;
        var answer = await gateways.AskAsync(holder.Gateway, holder.Observer, observer => observer.ReleaseSessionAsync(Sid));
        if (answer is { IsAnswered: true, Value: null } && Generation == generation && _holder is { IsConfirmed: true })
        {
            if (_copy is not null)
            {
                // It has ended there.
                Forget();
            }

            return default;
        }

        if (Latest(answer.Value) is ({ }, _) and var latest)
        {
            return latest;
        }

        // It may be slow only, and has the session ready when it is asked again.
        return losses.IsRecent || (!answer.IsAnswered && roster.IsLive(holder.Gateway, holder.StatedAt))
            ? throw new TemporarilyUnavailableException()
            : default;
    }

    private (SessionRecord? Session, bool IsGivenAway) Latest(SessionRecord? released) =>
        _copy is not null && (released is null || (released.Generation, released.Update).CompareTo((Generation, _copy.Update)) < 0)
            ? (_copy.ToRecord(), false)
            : (released, released is not null);

    /// <summary>Runs a command wherever the session is: nothing is known of it here.</summary>
    private async Task<PostOutcome> SearchAsync(SessionPost post)
    {
        try
        {
            var outcome = await gateways.PostAsync(Sid, post);

            // A gateway that nobody knew of may have stated it meanwhile.
            return outcome != PostOutcome.UnknownSession || _holder is not { } stated
                ? outcome
                : await ForwardAsync(stated, post) ?? throw new TemporarilyUnavailableException();
        }
        finally
        {
            LeaveNoTrace();
        }
    }

    /// <returns>What came of it; null if the gateway can't be reached.</returns>
    private async Task<PostOutcome?> ForwardAsync(SessionHolder holder, SessionPost post)
    {
        try
        {
            return await holder.Observer.PostAsync(Sid, post);
        }
        catch (Exception exception) when (exception is ClientNotAvailableException or OrleansMessageRejectionException)
        {
            LogGatewayLost(exception, holder.Gateway);
            return null;
        }
    }

    /// <summary>Anybody may ask for any sid; what was never opened must not stay.</summary>
    private void LeaveNoTrace()
    {
        if (_holder is null && _copy is null)
        {
            DeactivateOnIdle();
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The gateway {GatewayId} of a session can't be reached")]
    private partial void LogGatewayLost(Exception exception, string gatewayId);
}
