using System.Diagnostics;
using System.Text.RegularExpressions;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Clients;

/// <summary>The all-in-one process as a developer starts it: the built program, in a process of its own.</summary>
internal sealed partial class SiloProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task _reading;
    private readonly TaskCompletionSource<string> _report = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SiloProcess(Process process)
    {
        _process = process;
        _reading = ReadAsync();
    }

    /// <summary>What it printed until it was ready.</summary>
    public string Report { get; private set; } = "";

    /// <summary>Where it says that it listens.</summary>
    public string Url { get; private set; } = "";

    /// <summary>Starts it on a free port and waits for its report.</summary>
    /// <param name="dataFolder">Folder of its storage.</param>
    public static async Task<SiloProcess> StartAsync(string dataFolder)
    {
        var start = new ProcessStartInfo("dotnet")
        {
            WorkingDirectory = dataFolder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var argument in (string[])[
            Checkout.SiloAssembly, "--urls", "http://127.0.0.1:0", "--Realtime:DataFolder", dataFolder, "--environment", "Development"])
        {
            start.ArgumentList.Add(argument);
        }

        var silo = new SiloProcess(Process.Start(start)!);
        try
        {
            silo.Report = await silo._report.Task.WaitAsync(Eventually.Bound);
            silo.Url = DemoAddress().Match(silo.Report).Groups[1].Value;
            return silo;
        }
        catch
        {
            await silo.DisposeAsync();
            throw;
        }
    }

    /// <summary>Ends it as <c>kill -9</c> does.</summary>
    public void Kill() => _process.Kill();

    /// <summary>Waits until it is gone.</summary>
    public Task GoneAsync() => _process.WaitForExitAsync().WaitAsync(Eventually.Bound);

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
        }

        await _reading;
        _process.Dispose();
    }

    private async Task ReadAsync()
    {
        var errors = _process.StandardError.ReadToEndAsync();
        var printed = new List<string>();
        while (await _process.StandardOutput.ReadLineAsync() is { } line)
        {
            printed.Add(line);
            if (line.Contains("Stop with Ctrl+C", StringComparison.Ordinal))
            {
                _report.TrySetResult(string.Join('\n', printed));
            }
        }

        _report.TrySetException(new InvalidOperationException(
            $"The silo ended before it was ready.\n{string.Join('\n', printed)}\n{await errors}"));
    }

    [GeneratedRegex(@"Demo page\s+(\S+)/\s")]
    private static partial Regex DemoAddress();
}
