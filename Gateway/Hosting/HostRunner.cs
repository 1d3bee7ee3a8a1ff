using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;

namespace Realtime.Gateway.Hosting;

/// <summary>Runs a process from its first line to its exit code.</summary>
public static partial class HostRunner
{
    private const int InvalidSettings = 1;

    // 128 and the signal's number, as shells report it.
    private const int InterruptedExit = 130;
    private const int TerminatedExit = 143;

    /// <summary>Builds, starts, reports, and waits for the end.</summary>
    /// <param name="build">Builds the host.</param>
    /// <returns>0, or 1 when settings are bad: then the sentences that name them were printed.</returns>
    public static async Task<int> RunAsync(Func<WebApplication> build)
    {
        ArgumentNullException.ThrowIfNull(build);
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, new SecondSignal(TerminatedExit).Receive);
        using var onInterrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, new SecondSignal(InterruptedExit).Receive);
        try
        {
            await using var app = build();
            if (await StartAsync(app))
            {
                StartupReport.Print(app);
                await app.WaitForShutdownAsync();
            }

            return 0;
        }
        catch (Exception invalid) when (FindSentences(invalid) is { Length: > 0 } sentences)
        {
            // They name the settings; a stack trace would hide them.
            Console.Error.WriteLine(string.Join(Environment.NewLine, sentences));
            return InvalidSettings;
        }
    }

    /// <summary>Starts the host, unless it is stopped before.</summary>
    private static async Task<bool> StartAsync(WebApplication app)
    {
        try
        {
            await app.StartAsync();
            return true;
        }
        catch (Exception exception)
        {
            var stopping = app.Lifetime.ApplicationStopping.IsCancellationRequested;

            // What has started already stops in order, instead of being disposed of under way.
            await TryStopAsync(app);
            if (stopping && exception is OperationCanceledException)
            {
                return false;
            }

            throw;
        }
    }

    private static async Task TryStopAsync(WebApplication app)
    {
        try
        {
            await app.StopAsync();
        }
        catch (Exception consequence)
        {
            // A part that hasn't started may not know how to stop, and mustn't hide why.
            LogNotStopped(app.Logger, consequence);
        }
    }

    [LoggerMessage(Level = LogLevel.Debug, Message = "The host did not stop in order")]
    private static partial void LogNotStopped(ILogger logger, Exception consequence);

    /// <summary>The first signal stops the host in order; the second ends the process at once.</summary>
    private sealed class SecondSignal(int exitCode)
    {
        private int _received;

        public void Receive(PosixSignalContext context)
        {
            if (Interlocked.Increment(ref _received) > 1)
            {
                Environment.Exit(exitCode);
            }
        }
    }

    private static string[] FindSentences(Exception exception) => exception switch
    {
        OptionsValidationException invalid => [.. invalid.Failures],
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } => [exception.Message],
        AggregateException several => several.InnerExceptions.All(static inner => FindSentences(inner).Length > 0)
            ? [.. several.InnerExceptions.SelectMany(FindSentences)]
            : [],
        _ => [],
    };
}
