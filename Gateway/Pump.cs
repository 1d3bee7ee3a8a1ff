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

    private async Task RunAsync()
    {
        // A run serves many; who happened to begin it is not whom its traces belong to.
        Activity.Current = null;
        do
        {
            Volatile.Write(ref _state, Running);
            try
            {
                await step();
            }
            catch (Exception exception)
            {
                LogStepFailed(exception);
            }
        }
        while (Interlocked.CompareExchange(ref _state, Idle, Running) != Running);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A step that must not fail has failed")]
    private partial void LogStepFailed(Exception exception);
}
