using System.Threading.Tasks.Sources;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Waits for the answer to a call no longer than it may take. It serves one call after the other, and allocates nothing for
/// them as long as they are answered in time.
/// </summary>
/// <param name="time">The clock.</param>
internal sealed class LimitedCall<T>(TimeProvider time)
{
    private Attempt? _attempt;

    /// <summary>Waits for an answer.</summary>
    /// <param name="call">The call. Its answer is dropped if it comes too late.</param>
    /// <param name="limit">How long it may take.</param>
    /// <exception cref="TimeoutException">It took longer.</exception>
    public ValueTask<T> WaitAsync(ValueTask<T> call, TimeSpan limit)
    {
        if (call.IsCompleted)
        {
            return call;
        }

        if (_attempt is not { IsIdle: true })
        {
            // The one before is still waited for by the answer that was too late.
            _attempt = new Attempt(time);
        }

        return _attempt.WaitAsync(call, limit);
    }

    private sealed class Attempt : IValueTaskSource<T>
    {
        private const int Idle = 0;
        private const int Waiting = 1;
        private const int TooLate = 2;

        private readonly TimeProvider _time;
        private readonly ITimer _timer;
        private readonly Action _answered;
        private ManualResetValueTaskSourceCore<T> _result;
        private ValueTask<T> _call;
        private TimeSpan _limit;
        private long _startedAt;
        private int _state;

        public Attempt(TimeProvider time)
        {
            _time = time;
            _answered = OnAnswered;
            _timer = time.CreateTimer(
                static self => ((Attempt)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        public bool IsIdle => Volatile.Read(ref _state) == Idle;

        public ValueTask<T> WaitAsync(ValueTask<T> call, TimeSpan limit)
        {
            _result.Reset();
            (_call, _limit, _startedAt) = (call, limit, _time.GetTimestamp());
            Volatile.Write(ref _state, Waiting);
            _timer.Change(limit, Timeout.InfiniteTimeSpan);
            var answer = new ValueTask<T>(this, _result.Version);
            call.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_answered);
            return answer;
        }

        public T GetResult(short token) => _result.GetResult(token);

        public ValueTaskSourceStatus GetStatus(short token) => _result.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _result.OnCompleted(continuation, state, token, flags);

        private void OnAnswered()
        {
            var isInTime = Interlocked.CompareExchange(ref _state, Idle, Waiting) == Waiting;
            var call = _call;
            _call = default;
            if (isInTime)
            {
                _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
            }
            else
            {
                _timer.Dispose();
            }

            try
            {
                var answer = call.GetAwaiter().GetResult();
                if (isInTime)
                {
                    _result.SetResult(answer);
                }
            }
            catch (Exception exception)
            {
                if (isInTime)
                {
                    _result.SetException(exception);
                }
            }
        }

        private void OnTimer()
        {
            // One that was set for an answer that has come in the last moment is none for the next call.
            if (_time.GetElapsedTime(_startedAt) >= _limit && Interlocked.CompareExchange(ref _state, TooLate, Waiting) == Waiting)
            {
                _result.SetException(new TimeoutException("The grain didn't answer in time."));
            }
        }
    }
}
