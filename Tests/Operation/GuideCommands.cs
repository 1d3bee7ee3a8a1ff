using System.Diagnostics;
using System.Text.RegularExpressions;
using Realtime.Tests.Clients;

namespace Realtime.Tests.Operation;

/// <summary>The commands that docs/operations.md tells to run, run as they are printed there.</summary>
internal static partial class GuideCommands
{
    /// <summary>Runs the first commands under a heading.</summary>
    /// <param name="heading">The heading, without its number signs.</param>
    /// <param name="variables">What the commands expect in the environment.</param>
    public static async Task RunAsync(string heading, params (string Name, string Value)[] variables)
    {
        var guide = await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "docs", "operations.md"));
        var section = guide[guide.IndexOf($"### {heading}\n", StringComparison.Ordinal)..];
        var commands = Commands().Match(section).Groups[1].Value;
        Assert.NotEmpty(commands);

        var start = new ProcessStartInfo("bash", ["-euo", "pipefail", "-c", commands]) { RedirectStandardError = true };
        foreach (var (name, value) in variables)
        {
            start.Environment[name] = value;
        }

        using var shell = Process.Start(start)!;
        var errors = await shell.StandardError.ReadToEndAsync();
        await shell.WaitForExitAsync();
        Assert.True(shell.ExitCode == 0, errors);
    }

    [GeneratedRegex("```bash\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex Commands();
}
