using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Sessions;

/// <summary>Asks gateways for sessions: one, or all of them when nobody remembers which one holds it.</summary>
/// <remarks>Nothing waits longer than a second for a gateway.</remarks>
internal sealed partial class SessionGateways(
    IGrainFactory grains, ISiloLosses losses, TimeProvider time, ILogger<SessionGateways> logger)
{
    private const int MaxSearches = 16;

    private static readonly TimeSpan Bound = TimeSpan.FromSeconds(1);

    // It is likely to be gone, and nobody should wait for it.
    private static readonly TimeSpan LapsedBound = TimeSpan.FromSeconds(0.25);

    // Of all sessions of this silo.
    private int _searches;

    /// <summary>Asks one gateway.</summary>
    /// <param name="gateway">Its id, for the log.</param>
    /// <param name="observer">Where to reach it.</param>
    /// <param name="ask">What it is asked.</param>
    public Task<Answer<T>> AskAsync<T>(string gateway, IGatewayObserver observer, Func<IGatewayObserver, Task<T>> ask) =>
        AskAsync(gateway, observer, ask, Bound);

    private async Task<Answer<T>> AskAsync<T>(string gateway, IGatewayObserver observer, Func<IGatewayObserver, Task<T>> ask, TimeSpan bound)
    {
        try
        {
            var answer = ask(observer);
            answer.Ignore();
            return new Answer<T>(IsAnswered: true, await answer.WaitAsync(bound, time));
        }
        catch (Exception exception)
        {
            LogNoAnswer(exception, gateway);
            return default;
        }
    }

    /// <summary>Runs a command wherever its connection is: it may not have been stated again since a silo was lost.</summary>
    /// <param name="sid">The connection.</param>
    /// <param name="post">The command.</param>
    /// <exception cref="TemporarilyUnavailableException">A silo was lost, and a gateway didn't answer; or too much is being searched for.</exception>
    public async Task<PostOutcome> PostAsync(Guid sid, SessionPost post)
    {
        var answers = await AskAllAsync(observer => observer.PostAsync(sid, post));
        foreach (var answer in answers)
        {
            if (answer is { IsAnswered: true, Value: not PostOutcome.UnknownSession })
            {
                return answer.Value;
            }
        }

        // Asked now: the silo may hear of a loss later than its grains are asked for what was lost.
        return losses.IsRecent && answers.Any(static answer => !answer.IsAnswered)
            ? throw new TemporarilyUnavailableException()
            : PostOutcome.UnknownSession;
    }

    /// <summary>Has the session given away by whichever gateway holds it.</summary>
    /// <param name="sid">The sid.</param>
    /// <returns>The session; null if no gateway has it.</returns>
    /// <exception cref="TemporarilyUnavailableException">None has it of those that answered, and not all did; or too much is being searched for.</exception>
    public async Task<SessionRecord?> ReleaseAsync(Guid sid)
    {
        var answers = await AskAllAsync(observer => observer.ReleaseSessionAsync(sid));

        // One that was thought lost may still have it as it was.
        return answers
                .Select(static answer => answer.Value)
                .OfType<SessionRecord>()
                .MaxBy(static record => (record.Generation, record.Update))
            ?? (answers.Any(static answer => !answer.IsAnswered) ? throw new TemporarilyUnavailableException() : null);
    }

    /// <summary>The live gateways except one, in random order.</summary>
    /// <param name="except">Id of a gateway.</param>
    public async Task<GatewayRegistration[]> FindOthersAsync(string? except)
    {
        var live = await grains.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).GetLiveAsync();
        var others = live.Where(registration => registration.Gateway != except).ToArray();
        Random.Shared.Shuffle(others);
        return others;
    }

    /// <summary>
    /// Anybody may name any sid, so few are searched at a time, except when many may have been forgotten.
    /// </summary>
    /// <exception cref="TemporarilyUnavailableException">Too many are being searched.</exception>
    private async Task<Answer<T>[]> AskAllAsync<T>(Func<IGatewayObserver, Task<T>> ask)
    {
        try
        {
            if (Interlocked.Increment(ref _searches) > MaxSearches && !losses.IsRecent)
            {
                // That nobody has it would have to be shown.
                throw new TemporarilyUnavailableException();
            }

            // One whose lease has run out lately may live and hold the session; that it doesn't answer says nothing.
            var known = await grains.GetKnownGatewaysAsync();
            var answers = await Task.WhenAll(known.Select(gateway => AskAsync(
                gateway.Registration.Gateway, gateway.Registration.Observer, ask, gateway.IsLive ? Bound : LapsedBound)));
            return [.. known.Zip(answers).Where(static asked => asked.First.IsLive || asked.Second.IsAnswered).Select(static asked => asked.Second)];
        }
        finally
        {
            Interlocked.Decrement(ref _searches);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "The gateway {GatewayId} did not answer for a session")]
    private partial void LogNoAnswer(Exception exception, string gatewayId);

    /// <summary>What a gateway said.</summary>
    /// <param name="IsAnswered">False if it couldn't be reached in time.</param>
    /// <param name="Value">The answer.</param>
    public readonly record struct Answer<T>(bool IsAnswered, T? Value);
}
