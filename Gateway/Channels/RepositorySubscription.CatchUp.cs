using System.Collections.Immutable;
using Realtime.Documents;

namespace Realtime.Gateway.Channels;

/// <content>Reads what was missed.</content>
internal sealed partial class RepositorySubscription
{
    private static readonly TimeSpan ShortestDelay = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestDelay = TimeSpan.FromSeconds(1);

    private int _failures;

    /// <summary>Reads a page of what was missed; false if nothing is missing.</summary>
    private async Task<bool> CatchUpAsync()
    {
        long after, wanted;
        ImmutableArray<Audience> audiences;
        lock (_lock)
        {
            if (!_feed.IsBehind || _members.Count == 0)
            {
                return false;
            }

            (after, wanted, audiences) = (_feed.Served, _feed.Wanted, [.. _members.Audiences]);
        }

        try
        {
            var page = await _grain.ReadChangesAsync(after, audiences);
            Take(page.Error is { } error ? throw new TemporarilyUnavailableException(error.Message) : page.Value!, after, wanted);
            _failures = 0;
        }
        catch (Exception exception)
        {
            LogCatchUpFailed(exception);
            await DelayAsync();
        }

        return true;
    }

    private void Take(RepositoryHistory page, long after, long wanted)
    {
        lock (_lock)
        {
            if (_members.Count > 0 && !_feed.TryCatchUp(page, wanted))
            {
                LogContinuityLost(Key, after);
            }
        }
    }

    /// <summary>Waits a while, longer after each failure; gateways that lost the same silo don't come back together.</summary>
    private Task DelayAsync()
    {
        var longest = ShortestDelay * (2 << Math.Min(_failures++, 8));
        return Task.Delay(ShortestDelay + ((longest < LongestDelay ? longest : LongestDelay) - ShortestDelay) * Random.Shared.NextDouble());
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The changes of a repository could not be read; it is tried again")]
    private partial void LogCatchUpFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "What happened in repository {Repository} after {Position} is not known any more; its members begin anew")]
    private partial void LogContinuityLost(string repository, long position);
}
