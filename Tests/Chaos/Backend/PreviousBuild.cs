using System.Diagnostics;
using Realtime.Tests.Clients;
using Realtime.Tests.Cluster;

namespace Realtime.Tests.Chaos.Backend;

/// <summary>
/// The programs as the commit before this one builds them: what is in production when this one is deployed. With changes
/// that aren't committed, the last commit; <c>CHAOS_UPGRADE_FROM</c> names any other.
/// </summary>
internal static class PreviousBuild
{
    private static readonly TimeSpan BuildLimit = TimeSpan.FromMinutes(10);

    /// <summary>Builds them, unless an earlier run has.</summary>
    /// <returns>The programs, or why there are none.</returns>
    public static async Task<(ClusterPrograms? Programs, string WhyNot)> BuildAsync()
    {
        if (await FindCommitAsync() is not { } commit)
        {
            return (null, "there is no commit before this one in this clone");
        }

        // Outside the tree's projects, which would take its sources for their own.
        var folder = Path.Combine(Checkout.Root, "TestResults", "previous", commit);
        var programs = new ClusterPrograms(Program(folder, "Silo"), Program(folder, "Gateway"));
        if (!File.Exists(programs.Gateway))
        {
            Directory.CreateDirectory(folder);
            await RunAsync("git", ["-C", Checkout.Root, "archive", "--output", $"{folder}.tar", commit]);
            await RunAsync("tar", ["-xf", $"{folder}.tar", "-C", folder]);
            File.Delete($"{folder}.tar");
            if (!File.Exists(Path.Combine(folder, "Gateway", "Program.cs")))
            {
                return (null, $"commit {commit} has no gateway process");
            }

            // The gateway last: when its program is there, everything is.
            await BuildAsync(folder, "Silo");
            await BuildAsync(folder, "Gateway");
        }

        return (programs, "");
    }

    private static string Program(string folder, string project) =>
        Path.Combine(folder, project, "bin", "Release", "net10.0", $"Realtime.{project}.dll");

    private static Task BuildAsync(string folder, string project) => RunAsync("dotnet", [
        "build", Path.Combine(folder, project), "--configuration", "Release", "--nologo",
        "-p:RunAnalyzers=false", "-p:GenerateDocumentationFile=false", "-p:TreatWarningsAsErrors=false", "-nodeReuse:false"]);

    private static async Task<string?> FindCommitAsync()
    {
        var named = Environment.GetEnvironmentVariable("CHAOS_UPGRADE_FROM");
        var revision = named is { Length: > 0 } ? named
            : await TryAsync("git", ["-C", Checkout.Root, "status", "--porcelain", "--untracked-files=no"]) is { Length: > 0 } ? "HEAD"
            : "HEAD^1";
        return await TryAsync("git", ["-C", Checkout.Root, "rev-parse", "--verify", "--quiet", $"{revision}^{{commit}}"]);
    }

    private static async Task<string?> TryAsync(string program, string[] arguments)
    {
        try
        {
            return (await RunAsync(program, arguments)).Trim();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null;
        }
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true };

        // Those of the build or the test run that has started this process are not for this one.
        foreach (var name in start.Environment.Keys.Where(static name => name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)).ToArray())
        {
            start.Environment.Remove(name);
        }

        using var process = Process.Start(start)!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync().WaitAsync(BuildLimit);
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}:\n{output}\n{await errors}");
    }
}
