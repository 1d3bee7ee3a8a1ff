using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class LimitedCallTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly FakeTimeProvider _time = new();
    private readonly LimitedCall<string> _calls;

    public LimitedCallTests() => _calls = new LimitedCall<string>(_time);

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
    public async Task LateAnswer_IsNotThatOfTheNextCall()
    {
        var late = new TaskCompletionSource<string>();
        var first = WaitAsync(late);
        _time.Advance(Limit);
        await Assert.ThrowsAsync<TimeoutException>(() => first);

        var next = new TaskCompletionSource<string>();
        var second = WaitAsync(next);
        late.SetResult("late");
        Assert.False(second.IsCompleted);
        next.SetResult("next");

        Assert.Equal("next", await second);
    }

    private Task<string> WaitAsync(TaskCompletionSource<string> call) =>
        _calls.WaitAsync(new ValueTask<string>(call.Task), Limit).AsTask().WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
}
