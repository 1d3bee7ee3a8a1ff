using System.Diagnostics;
using System.Net;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>
/// A silo or gateway as it is deployed: the built program in a process of its own, which can be killed, told to stop,
/// and frozen. What it prints goes to a file.
/// </summary>
public sealed class ServerProcess : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(90);

    private readonly Process _process;
    private readonly string _assembly;
    private readonly IEnumerable<KeyValuePair<string, string>> _settings;
    private readonly StreamWriter _log;
    private readonly Task _reading;
    private bool _isFrozen;
    private bool _isDisposed;

    private ServerProcess(
        string name, string assembly, Uri address, IEnumerable<KeyValuePair<string, string>> settings, Process process, string logFile)
    {
        Name = name;
        Address = address;
        LogFile = logFile;
        _process = process;
        _assembly = assembly;
        _settings = settings;
        _log = new StreamWriter(logFile, append: true) { AutoFlush = true };
        _reading = Task.WhenAll(CopyAsync(process.StandardOutput), CopyAsync(process.StandardError));
    }

    /// <summary>For messages and the log's name, such as <c>silo-1</c>.</summary>
    public string Name { get; }

    /// <summary>Where its HTTP server listens.</summary>
    public Uri Address { get; }

    /// <summary>The file with all that it has printed.</summary>
    public string LogFile { get; }

    /// <summary>The system's number of the process.</summary>
    public int ProcessId => _process.Id;

    /// <summary>Whether it has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Starts a program; <see cref="ReadyAsync"/> waits until it is ready.</summary>
    /// <param name="name">For messages and the log's name.</param>
    /// <param name="assembly">The built program.</param>
    /// <param name="address">Where it shall listen.</param>
    /// <param name="settings">Its settings; they are passed in the environment, which no process list shows.</param>
    /// <param name="folder">Where it runs and its log is written.</param>
    public static ServerProcess Start(
        string name, string assembly, Uri address, IEnumerable<KeyValuePair<string, string>> settings, string folder)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(settings);
        var start = new ProcessStartInfo("dotnet", [assembly, "--urls", address.GetLeftPart(UriPartial.Authority)])
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        return new ServerProcess(name, assembly, address, settings, Process.Start(start)!, Path.Combine(folder, name + ".log"));
    }

    /// <summary>Starts a process with the same name, address and settings, in place of this one, which has been disposed.</summary>
    /// <param name="assembly">The built program; the same if null.</param>
    public ServerProcess StartAgain(string? assembly = null) =>
        Start(Name, assembly ?? _assembly, Address, _settings, Path.GetDirectoryName(LogFile)!);

    /// <summary>Waits until it says that it is ready.</summary>
    /// <returns>This process.</returns>
    public async Task<ServerProcess> ReadyAsync()
    {
        await Eventually.TrueAsync(
            async () =>
            {
                if (_process.HasExited)
                {
                    await _reading;
                    Assert.Fail($"{Name} ended with {_process.ExitCode} before it was ready:\n{await File.ReadAllTextAsync(LogFile)}");
                }

                return await GetHealthAsync("ready") == HttpStatusCode.OK;
            },
            $"{Name} to be ready; see {LogFile}",
            StartLimit);
        return this;
    }

    /// <summary>Asks <c>/health/live</c> or <c>/health/ready</c>.</summary>
    /// <param name="which"><c>live</c> or <c>ready</c>.</param>
    /// <returns>The status; null without an answer.</returns>
    public async Task<HttpStatusCode?> GetHealthAsync(string which)
    {
        using var http = new HttpClient { BaseAddress = Address, Timeout = TimeSpan.FromSeconds(2) };
        try
        {
            using var response = await http.GetAsync(new Uri($"/health/{which}", UriKind.Relative));
            return response.StatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Tells it to stop in order (SIGTERM).</summary>
    public Task TerminateAsync() => SignalAsync(_process.Id, "TERM");

    /// <summary>Freezes it (SIGSTOP): its connections stay open and nothing answers.</summary>
    public async Task FreezeAsync()
    {
        await SignalAsync(_process.Id, "STOP");
        _isFrozen = true;
    }

    /// <summary>Lets it go on (SIGCONT).</summary>
    public async Task ThawAsync()
    {
        await SignalAsync(_process.Id, "CONT");
        _isFrozen = false;
    }

    /// <summary>Waits until it has ended, and returns its exit code.</summary>
    /// <param name="bound">How long it may take; <see cref="Eventually.Bound"/> if null.</param>
    public async Task<int> ExitAsync(TimeSpan? bound = null)
    {
        try
        {
            await _process.WaitForExitAsync().WaitAsync(bound ?? Eventually.Bound);
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"waited in vain for the end of {Name}; see {LogFile}");
        }

        return _process.ExitCode;
    }

    /// <summary>What it has printed so far.</summary>
    public async Task<string> ReadLogAsync()
    {
        await using var file = new FileStream(LogFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return await reader.ReadToEndAsync();
    }

    /// <summary>Kills it if it hasn't ended.</summary>
    public async ValueTask DisposeAsync()
    {
        if (_isDisposed)
        {
            return;
        }

        _isDisposed = true;
        if (!_process.HasExited)
        {
            _process.Kill();
            if (_isFrozen)
            {
                await ThawAsync();
            }
        }

        await _process.WaitForExitAsync();
        await _reading;
        await _log.DisposeAsync();
        _process.Dispose();
    }

    /// <summary>Sends a signal to a process that this test run has started.</summary>
    /// <param name="processId">Its number.</param>
    /// <param name="signal">Name without SIG.</param>
    public static async Task SignalAsync(int processId, string signal)
    {
        using var kill = Process.Start("kill", [$"-{signal}", $"{processId}"]);
        await kill.WaitForExitAsync();
        Assert.True(kill.ExitCode == 0, $"signal {signal} could not be sent to process {processId}");
    }

    private async Task CopyAsync(StreamReader output)
    {
        while (await output.ReadLineAsync() is { } line)
        {
            lock (_log)
            {
                _log.WriteLine($"{DateTimeOffset.UtcNow:HH:mm:ss.fff} {line}");
            }
        }
    }
}
