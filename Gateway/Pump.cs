using System.Collections.Concurrent;
using System.Diagnostics;

namespace Realtime.Gateway;

/// <summary>
/// Runs a step that talks to a grain, one run at a time: whoever wakes it while a run is under way causes one further run,
/// however many they are. What gathers meanwhile goes with that one.
/// </summary>
/// <param name="step">Does all there is to do when it begins. It must not throw.</param>
/// <param name="logger">Where it is noted if it does: it is run again when it is next needed.</param>
internal sealed partial class Pump(Func<Task> step, ILogger logger)
{
    private const int Idle = 0;
    private const int Running = 1;
    private const int RunningAndWoken = 2;

    // Most never have anybody who waits, and there is one for each channel.
    private ConcurrentQueue<TaskCompletionSource>? _waiting;
    private int _state;

    /// <summary>Makes sure that a run begins after this call.</summary>
    public void Wake()
    {
        while (true)
        {
            var state = Volatile.Read(ref _state);
            if (state == RunningAndWoken)
            {
                return;
            }

            if (Interlocked.CompareExchange(ref _state, state + 1, state) == state)
            {
                if (state == Idle)
                {
                    _ = RunAsync();
                }

                return;
            }
        }
    }

    /// <summary>Makes sure that a run begins after this call, and completes when such a run has ended.</summary>
    public Task WakeAsync()
    {
        var run = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        LazyInitializer.EnsureInitialized(ref _waiting).Enqueue(run);
        Wake();
        return run.Task;
    }

    private async Task RunAsync()
    {
        // A run serves many; who happened to begin it is not whom its traces belong to.
        Activity.Current = null;
        while (true)
        {
            // With a fence: what is read from now on must be what was there when somebody saw that a run is due anyway.
            Interlocked.Exchange(ref _state, Running);

            // Who comes from now on wakes the next run.
            var waiting = Volatile.Read(ref _waiting) is { IsEmpty: false } queue ? TakeAll(queue) : null;
            try
            {
                await step();
            }
            catch (Exception exception)
            {
                LogStepFailed(exception);
            }

            waiting?.ForEach(static run => run.SetResult());
            if (Interlocked.CompareExchange(ref _state, Idle, Running) == Running)
            {
                return;
            }

            // Nor is whoever began it kept by what others wake it for.
            await Task.Yield();
        }
    }

    private static List<TaskCompletionSource> TakeAll(ConcurrentQueue<TaskCompletionSource> queue)
    {
        var taken = new List<TaskCompletionSource>();
        while (queue.TryDequeue(out var run))
        {
            taken.Add(run);
        }

        return taken;
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A step that must not fail has failed")]
    private partial void LogStepFailed(Exception exception);
}
