using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;

namespace Realtime.Tests.Clients;

/// <summary>A step that a script has taken.</summary>
/// <param name="Name">What was shown.</param>
/// <param name="Value">What the script found, for steps that report something.</param>
internal sealed record ScriptStep(string Name, JsonElement Value);

/// <summary>Runs a scenario of <c>scripts/</c> with a version of the published client in Node.js.</summary>
internal static class NodeScript
{
    private static readonly TimeSpan _bound = TimeSpan.FromSeconds(60);

    /// <summary>Runs the scenario to its end, which must be a success, and returns the steps it took.</summary>
    /// <param name="scenario">Name of the script.</param>
    /// <param name="settings">What the script is told: <c>client</c>, <c>url</c>, <c>publicKey</c> and whatever it needs besides.</param>
    /// <param name="onStep">Called as soon as a step is reported.</param>
    public static async Task<IReadOnlyList<ScriptStep>> RunAsync(string scenario, object settings, Action<ScriptStep>? onStep = null)
    {
        using var process = Start(scenario, settings);
        using var timeout = new CancellationTokenSource(_bound);
        var steps = new List<ScriptStep>();
        try
        {
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            while (await process.StandardOutput.ReadLineAsync(timeout.Token) is { } line)
            {
                var step = Parse(line);
                steps.Add(step);
                onStep?.Invoke(step);
            }

            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, $"{await errors}after: {string.Join(", ", steps.Select(static step => step.Name))}");
            return steps;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException(
                $"{scenario} was not over after {_bound}; its last step was: {steps.LastOrDefault()?.Name ?? "none"}");
        }
        finally
        {
            // Does nothing to a process that has ended.
            process.Kill();
        }
    }

    /// <summary>Starts a scenario that goes on until its standard input ends; whoever starts it kills and disposes it.</summary>
    /// <param name="scenario">Name of the script.</param>
    /// <param name="settings">What the script is told.</param>
    public static Process Start(string scenario, object settings) =>
        Start(["scripts/run.mjs", scenario, JsonSerializer.Serialize(settings, JsonSerializerOptions.Web)]);

    /// <summary>Runs a program that can import the client libraries, and returns what it printed.</summary>
    /// <param name="program">An ES module.</param>
    public static async Task<string> RunProgramAsync(string program)
    {
        using var process = Start(["--input-type=module", "--eval", program]);
        using var timeout = new CancellationTokenSource(_bound);
        try
        {
            var errors = process.StandardError.ReadToEndAsync(timeout.Token);
            var output = await process.StandardOutput.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, await errors);
            return output;
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"the program was not over after {_bound}");
        }
        finally
        {
            // Does nothing to a process that has ended.
            process.Kill();
        }
    }

    private static Process Start(string[] arguments)
    {
        Checkout.Library("@staticbackend/js/package.json");
        var start = new ProcessStartInfo("node", arguments)
        {
            WorkingDirectory = Checkout.Clients,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new InvalidOperationException("Node.js was not found: these tests need 'node' (see Tests/run.sh).", exception);
        }
    }

    private static ScriptStep Parse(string line)
    {
        using var document = JsonDocument.Parse(line);
        var value = document.RootElement.TryGetProperty("value", out var found) ? found.Clone() : default;
        return new ScriptStep(document.RootElement.GetProperty("step").GetString()!, value);
    }
}
