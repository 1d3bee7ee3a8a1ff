using System.Threading.Tasks.Sources;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Waits for the answer to a call no longer than it may take. It serves one call after the other, and allocates nothing for
/// them as long as they are answered in time.
/// </summary>
/// <param name="time">The clock.</param>
/// <param name="late">Called when an answer comes, or a failure, that nobody waits for any more.</param>
internal sealed class LimitedCall<T>(TimeProvider time, Action late)
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
            _attempt = new Attempt(time, late);
        }

        return _attempt.WaitAsync(call, limit);
    }

    private sealed class Attempt : IValueTaskSource<T>
    {
        private readonly TimeProvider _time;
        private readonly Action _late;
        private readonly ITimer _timer;
        private readonly Action _answered;
        private readonly Lock _lock = new();
        private ManualResetValueTaskSourceCore<T> _result;
        private ValueTask<T> _call;
        private TimeSpan _limit;
        private long _startedAt;
        private State _state;

        public Attempt(TimeProvider time, Action late)
        {
            (_time, _late) = (time, late);
            _answered = OnAnswered;
            _timer = time.CreateTimer(
                static self => ((Attempt)self!).OnTimer(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        }

        private enum State
        {
            Idle,
            Waiting,
            TooLate,
        }

        public bool IsIdle
        {
            get
            {
                lock (_lock)
                {
                    return _state == State.Idle;
                }
            }
        }

        public ValueTask<T> WaitAsync(ValueTask<T> call, TimeSpan limit)
        {
            _result.Reset();
            lock (_lock)
            {
                (_call, _limit, _startedAt, _state) = (call, limit, _time.GetTimestamp(), State.Waiting);
                Arm(limit);
            }

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
            bool isInTime;
            var call = _call;
            lock (_lock)
            {
                _call = default;
                isInTime = _state == State.Waiting;
                if (isInTime)
                {
                    _state = State.Idle;
                    _timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                }
                else
                {
                    _timer.Dispose();
                }
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

            if (!isInTime)
            {
                _late();
            }
        }

        private void OnTimer()
        {
            lock (_lock)
            {
                if (_state != State.Waiting)
                {
                    return;
                }

                // A timer may be early; and one that was set for an answer that has come in the last moment is none for the next call.
                if (_limit - _time.GetElapsedTime(_startedAt) is var remaining && remaining > TimeSpan.Zero)
                {
                    Arm(remaining);
                    return;
                }

                _state = State.TooLate;
            }

            _result.SetException(new TimeoutException("The grain didn't answer in time."));
        }

        /// <summary>Sets the timer, which counts whole milliseconds and drops the rest.</summary>
        private void Arm(TimeSpan due) =>
            _timer.Change(TimeSpan.FromMilliseconds(Math.Ceiling(due.TotalMilliseconds)), Timeout.InfiniteTimeSpan);
    }
}
