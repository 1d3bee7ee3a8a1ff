using System.Collections.Concurrent;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// Sessions on their way to this gateway: whoever asks for one meanwhile waits, as everybody else already sends to here.
/// </summary>
internal sealed class SessionArrivals(TimeProvider time)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(3);

    private readonly ConcurrentDictionary<Guid, TaskCompletionSource> _arrivals = new();

    /// <summary>States that a session is on its way, until the result is disposed.</summary>
    public async Task<IDisposable> BeginAsync(Guid sid)
    {
        var arrival = new Arrival(this, sid);
        while (!_arrivals.TryAdd(sid, arrival.Source))
        {
            await WaitAsync(sid);
        }

        return arrival;
    }

    /// <summary>Waits for a session that is on its way.</summary>
    public async ValueTask WaitAsync(Guid sid)
    {
        if (_arrivals.TryGetValue(sid, out var arrival))
        {
            await arrival.Task.WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private sealed class Arrival(SessionArrivals arrivals, Guid sid) : IDisposable
    {
        public TaskCompletionSource Source { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose()
        {
            arrivals._arrivals.TryRemove(KeyValuePair.Create(sid, Source));
            Source.TrySetResult();
        }
    }
}
