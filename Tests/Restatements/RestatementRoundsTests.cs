using System.Collections.Concurrent;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Restatements;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Restatements;

public sealed class RestatementRoundsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConcurrentQueue<int> _stated = new();
    private readonly CancellationTokenSource _stopping = new();

    public void Dispose() => _stopping.Dispose();

    [Fact]
    public async Task Round_Ends_WhenTheHostHasStopped()
    {
        var rounds = Rounds(1, static _ => Task.FromException(new ObjectDisposedException("the cluster's client")));
        var round = rounds.Request();
        await Eventually.TrueAsync(() => !_stated.IsEmpty, "the first failure");

        await _stopping.CancelAsync();
        await round.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        await rounds.Request().WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Assert.Single(_stated);
    }

    [Fact]
    public async Task Requests_WhileARoundIsUnderWay_CauseOneFurtherRound()
    {
        var answer = new TaskCompletionSource();
        var rounds = Rounds(3, _ => answer.Task);
        var first = rounds.Request();
        await Eventually.TrueAsync(() => _stated.Count == 3, "the first round to begin");

        Task[] further = [rounds.Request(), rounds.Request(), rounds.Request()];
        Assert.Equal(3, _stated.Count);
        answer.SetResult();
        await Task.WhenAll(further.Append(first)).WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Assert.Equal([0, 0, 1, 1, 2, 2], _stated.Order());
    }

    [Fact]
    public async Task Round_RepeatsOnlyWhatFailed()
    {
        var failures = 2;
        var rounds = Rounds(5, item => item == 3 && failures-- > 0 ? Task.FromException(new TimeoutException("a silo is away")) : Task.CompletedTask);

        var round = rounds.Request();
        await Eventually.TrueAsync(
            () =>
            {
                _time.Advance(RestatementRounds<int>.RetryDelay);
                return round.IsCompleted;
            },
            "the round to end");

        Assert.Equal([0, 1, 2, 3, 3, 3, 4], _stated.Order());
    }

    [Fact]
    public async Task Round_StatesABoundedNumberAtOnce()
    {
        var (underWay, most) = (0, 0);
        var answer = new TaskCompletionSource();
        var rounds = Rounds(3 * RestatementRounds<int>.AtOnce, async _ =>
        {
            InterlockedMax(ref most, Interlocked.Increment(ref underWay));
            await answer.Task;
            Interlocked.Decrement(ref underWay);
        });

        var round = rounds.Request();
        await Eventually.TrueAsync(() => _stated.Count == RestatementRounds<int>.AtOnce, "as many as may be");
        answer.SetResult();
        await round.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);

        Assert.Equal(3 * RestatementRounds<int>.AtOnce, _stated.Count);
        Assert.True(most <= RestatementRounds<int>.AtOnce, $"{most} at once");
    }

    private RestatementRounds<int> Rounds(int items, Func<int, Task> state) => new(
        () => Enumerable.Range(0, items),
        item =>
        {
            _stated.Enqueue(item);
            return state(item);
        },
        _time,
        NullLogger.Instance,
        _stopping.Token);

    private static void InterlockedMax(ref int most, int value)
    {
        while (Volatile.Read(ref most) is var known && known < value && Interlocked.CompareExchange(ref most, value, known) != known)
        {
        }
    }
}
