using Realtime.Channels;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Publishes to the channels of one silo, one call at a time: what gathers meanwhile, for whichever channels, goes with the next.
/// </summary>
/// <remarks>
/// A call costs the same however much is in it. So from some 2,000 batches a second on calls are further apart, up to
/// <see cref="LongestPause"/>; below that nothing waits.
/// </remarks>
internal sealed class ChannelRelay
{
    /// <summary>Time between the beginnings of two calls, at most, unless the first takes longer.</summary>
    public static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan PausePerBatch = TimeSpan.FromMilliseconds(0.5);

    // Timers count milliseconds.
    private static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(1);

    // Long enough for a cluster to notice that a silo is lost; and a silo of an earlier version, without relays, isn't asked all the time.
    private static readonly TimeSpan DistrustTime = TimeSpan.FromSeconds(10);

    private const int MaxBatches = 256;
    private const int MaxBytes = 1024 * 1024;

    private readonly IChannelRelayGrain _grain;
    private readonly TimeProvider _time;
    private readonly Pump _pump;
    private readonly Lock _lock = new();
    private readonly Queue<Waiting> _queue = new();
    private bool _wasUsed = true;
    private long? _failedAt;

    public ChannelRelay(IChannelRelayGrain grain, TimeProvider time, ILogger logger)
    {
        (_grain, _time) = (grain, time);
        _pump = new Pump(PublishAsync, logger);
    }

    /// <summary>Publishes to a channel; one call per channel at a time.</summary>
    /// <param name="channelKey">Grain key of the channel.</param>
    /// <param name="batch">The publications.</param>
    /// <returns>What became of them; null if the channel's grain has to be asked, and nothing has happened.</returns>
    public Task<PublishReceipt?> PublishAsync(string channelKey, PublishBatch batch)
    {
        // Whoever waits goes on at once, in turn: waking a thread for each would cost more than all they do.
        var answer = new TaskCompletionSource<PublishReceipt?>();
        lock (_lock)
        {
            _queue.Enqueue(new Waiting(new ChannelBatch(channelKey, batch), answer));
            _wasUsed = true;
        }

        _pump.Wake();
        return answer.Task;
    }

    /// <summary>Whether it hasn't failed lately.</summary>
    public bool IsTrusted
    {
        get
        {
            lock (_lock)
            {
                return _failedAt is not { } at || _time.GetElapsedTime(at) > DistrustTime;
            }
        }
    }

    /// <summary>Whether it has been used since this was last asked.</summary>
    public bool WasUsed()
    {
        lock (_lock)
        {
            var wasUsed = _wasUsed;
            _wasUsed = false;
            return wasUsed;
        }
    }

    private async Task PublishAsync()
    {
        while (TakeWaiting() is { Count: > 0 } waiting)
        {
            var began = _time.GetTimestamp();
            try
            {
                var receipts = await _grain.PublishAsync([.. waiting.Select(static one => one.Batch)]);
                for (var i = 0; i < waiting.Count; i++)
                {
                    waiting[i].Answer.SetResult(receipts[i]);
                }
            }
            catch (Exception exception)
            {
                // Some may have been told already, if it was an answer that made no sense.
                waiting.ForEach(one => one.Answer.TrySetException(exception));
                GiveUp();
            }

            var pause = waiting.Count * PausePerBatch;
            pause = (pause < LongestPause ? pause : LongestPause) - _time.GetElapsedTime(began);
            if (pause >= ShortestPause && !IsCallFull())
            {
                await Task.Delay(pause, _time);
            }
        }
    }

    /// <summary>Nobody waits for a silo that has just failed to answer others.</summary>
    private void GiveUp()
    {
        lock (_lock)
        {
            _failedAt = _time.GetTimestamp();
        }

        while (TakeWaiting() is { Count: > 0 } waiting)
        {
            waiting.ForEach(static one => one.Answer.SetResult(null));
        }
    }

    private bool IsCallFull()
    {
        lock (_lock)
        {
            return _queue.Count >= MaxBatches;
        }
    }

    private List<Waiting> TakeWaiting()
    {
        var (taken, bytes) = (new List<Waiting>(), 0);
        lock (_lock)
        {
            while (taken.Count < MaxBatches && bytes < MaxBytes && _queue.TryDequeue(out var waiting))
            {
                taken.Add(waiting);
                foreach (var payload in waiting.Batch.Batch.Payloads)
                {
                    bytes += payload.Length;
                }
            }
        }

        return taken;
    }

    private readonly record struct Waiting(ChannelBatch Batch, TaskCompletionSource<PublishReceipt?> Answer);
}
