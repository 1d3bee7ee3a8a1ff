using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class LimitedCallTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly LimitedCall<string> _calls;
    private int _late;

    public LimitedCallTests() => _calls = new LimitedCall<string>(_time, () => _late++);

    [Fact]
    public async Task Answer_Comes_CallAfterCall()
    {
        Assert.Equal("at once", await _calls.WaitAsync(ValueTask.FromResult("at once"), Limit));
        for (var i = 0; i < 3; i++)
        {
            var call = new TaskCompletionSource<string>();
            var answer = WaitAsync(call);
            _time.Advance(Limit - TimeSpan.FromSeconds(1));
            Assert.False(answer.IsCompleted);
            call.SetResult($"{i}");

            Assert.Equal($"{i}", await answer);
        }
    }

    [Fact]
    public async Task Failure_Comes()
    {
        var call = new TaskCompletionSource<string>();
        var answer = WaitAsync(call);

        call.SetException(new InvalidOperationException("no"));

        await Assert.ThrowsAsync<InvalidOperationException>(() => answer);
    }

    [Fact]
    public async Task Limit_Holds_WhenTheTimerIsEarly()
    {
        var calls = new LimitedCall<string>(new EarlyTimers(_time), () => _late++);
        var answer = WaitAsync(new TaskCompletionSource<string>(), calls);

        _time.Advance(Limit - TimeSpan.FromMilliseconds(1));
        Assert.False(answer.IsCompleted);
        _time.Advance(TimeSpan.FromMilliseconds(1));

        await AssertIsTooLateAsync(answer);
    }

    [Fact]
    public async Task LateAnswer_IsNotThatOfTheNextCall()
    {
        var late = new TaskCompletionSource<string>();
        var first = WaitAsync(late);
        _time.Advance(Limit);
        await AssertIsTooLateAsync(first);

        var next = new TaskCompletionSource<string>();
        var second = WaitAsync(next);
        Assert.Equal(0, _late);
        late.SetResult("late");
        Assert.False(second.IsCompleted);
        Assert.Equal(1, _late);
        next.SetResult("next");

        Assert.Equal("next", await second);
        Assert.Equal(1, _late);
    }

    // The test's own bound is a TimeoutException, too.
    private static async Task AssertIsTooLateAsync(Task<string> answer) =>
        Assert.Equal("The grain didn't answer in time.", (await Assert.ThrowsAsync<TimeoutException>(() => answer)).Message);

    private Task<string> WaitAsync(TaskCompletionSource<string> call, LimitedCall<string>? calls = null) =>
        (calls ?? _calls).WaitAsync(new ValueTask<string>(call.Task), Limit).AsTask().WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

    /// <summary>A clock whose timers fire a millisecond before they are due, as those of .NET may.</summary>
    private sealed class EarlyTimers(TimeProvider time) : TimeProvider
    {
        public override long TimestampFrequency => time.TimestampFrequency;

        public override long GetTimestamp() => time.GetTimestamp();

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
            new Timer(time.CreateTimer(callback, state, dueTime, period));

        private sealed class Timer(ITimer timer) : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) =>
                timer.Change(dueTime > TimeSpan.FromMilliseconds(1) ? dueTime - TimeSpan.FromMilliseconds(1) : dueTime, period);

            public void Dispose() => timer.Dispose();

            public ValueTask DisposeAsync() => timer.DisposeAsync();
        }
    }
}
