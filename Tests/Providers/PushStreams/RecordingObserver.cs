using Orleans.Streams;

namespace Realtime.Tests.Providers.PushStreams;

/// <summary>Records what it receives, in order, and can hold back its acknowledgements.</summary>
public sealed class RecordingObserver : IAsyncBatchObserver<NumberedEvent>
{
    private static readonly TimeSpan _timeout = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly List<NumberedEvent> _received = [];
    private readonly List<(Func<IReadOnlyList<NumberedEvent>, bool> IsMet, TaskCompletionSource Signal)> _waiters = [];
    private readonly TaskCompletionSource _failure = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Task _acknowledgement = Task.CompletedTask;

    /// <summary>A batch with such an event is answered with an exception.</summary>
    public Predicate<NumberedEvent> Refuse { get; init; } = static _ => false;

    public IReadOnlyList<NumberedEvent> Received
    {
        get
        {
            lock (_lock)
            {
                return [.. _received];
            }
        }
    }

    /// <summary>Receives, but acknowledges only when the result is disposed.</summary>
    public IDisposable HoldAcknowledgements()
    {
        var hold = new Hold();
        _acknowledgement = hold.Released;
        return hold;
    }

    public Task OnNextAsync(IList<SequentialItem<NumberedEvent>> items)
    {
        if (items.Any(item => Refuse(item.Item)))
        {
            throw new InvalidOperationException("Refused by the test.");
        }

        lock (_lock)
        {
            _received.AddRange(items.Select(item => item.Item));
            _waiters.RemoveAll(waiter => waiter.IsMet(_received) && waiter.Signal.TrySetResult());
        }

        return _acknowledgement;
    }

    public Task OnErrorAsync(Exception ex)
    {
        _failure.TrySetResult();
        return Task.CompletedTask;
    }

    public Task WaitForFailureAsync() => WaitForAsync(_failure.Task, "the news that delivery was given up");

    public Task WaitForAsync(int number, string publisher = "p") => WaitForAsync(
        received => received.Contains(new NumberedEvent(publisher, number)), $"event {number} of publisher {publisher}");

    public Task WaitForCountAsync(int count) => WaitForAsync(received => received.Count >= count, $"{count} events");

    private async Task WaitForAsync(Func<IReadOnlyList<NumberedEvent>, bool> isMet, string what)
    {
        var signal = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (isMet(_received))
            {
                return;
            }

            _waiters.Add((isMet, signal));
        }

        await WaitForAsync(signal.Task, what);
    }

    private async Task WaitForAsync(Task signal, string what)
    {
        try
        {
            await signal.WaitAsync(_timeout, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"Waited {_timeout.TotalSeconds:0} s for {what}; received {Received.Count} events.");
        }
    }

    private sealed class Hold : IDisposable
    {
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Released => _released.Task;

        public void Dispose() => _released.TrySetResult();
    }
}
