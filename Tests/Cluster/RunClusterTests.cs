using System.Diagnostics;
using System.Text.RegularExpressions;
using Realtime.Tests.Clients;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Cluster;

/// <summary>The one command that README.md gives for a cluster on this machine.</summary>
public sealed partial class RunClusterTests
{
    private const string Command = "bash docker/run-cluster.sh";

    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(3);

    [Fact]
    public async Task Cluster_ServesTheDevelopmentDatabaseOnBothGatewaysAndEndsWhole_WhenItIsRunAsTheReadmeSays()
    {
        Assert.Contains(Command, await File.ReadAllTextAsync(Path.Combine(Checkout.Root, "README.md"), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        using var script = Start();
        var report = await ReadReportAsync(script).WaitAsync(StartLimit, TestContext.Current.CancellationToken);
        var addresses = Addresses().Match(report);
        await using var first = GatewayProcess.At(new Uri(addresses.Groups[1].Value));
        await using var second = GatewayProcess.At(new Uri(addresses.Groups[2].Value));
        var database = new TestDatabase(first, "development", "dev_memory_pk", "safe-to-use-in-dev-root-token");
        await using (var here = await database.ConnectMemberAsync(Transport.ServerSentEvents, "lobby"))
        await using (var there = await database.ConnectMemberAsync(Transport.WebSocket, "lobby", second))
        {
            await here.PublishAsMemberAsync("lobby", "hello");
            await there.ExpectChanOutAsync(here, "lobby", "hello");
        }

        // Not INT: a shell that was itself started in the background ignores that one for good.
        await ServerProcess.SignalAsync(script.Id, "TERM");
        await script.WaitForExitAsync(TestContext.Current.CancellationToken).WaitAsync(StartLimit, TestContext.Current.CancellationToken);

        Assert.Equal(0, script.ExitCode);
        Assert.All(Processes().Matches(report).SelectMany(static match => new[] { match.Groups[1].Value, match.Groups[2].Value }), static id => Assert.False(IsRunning(id)));
        Assert.False(Directory.Exists(Folder().Match(report).Groups[1].Value));
    }

    private static bool IsRunning(string processId) => Directory.Exists($"/proc/{processId}");

    private static Process Start()
    {
        var start = new ProcessStartInfo("bash", ["docker/run-cluster.sh"])
        {
            WorkingDirectory = Checkout.Root,
            RedirectStandardOutput = true,
            Environment =
            {
                ["PORT"] = $"{FreePorts.NextRow(8)}",
                ["NO_BUILD"] = "1",
                ["CONFIGURATION"] = Checkout.Configuration,
            },
        };
        return Process.Start(start)!;
    }

    private static async Task<string> ReadReportAsync(Process script)
    {
        var printed = "";
        while (await script.StandardOutput.ReadLineAsync() is { } line)
        {
            printed += line + '\n';
            if (line.Contains("Stop with Ctrl+C", StringComparison.Ordinal))
            {
                return printed;
            }
        }

        throw new InvalidOperationException($"The cluster ended before it was ready:\n{printed}");
    }

    [GeneratedRegex(@"Gateways\s+(\S+)/\s+(\S+)/")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"(?:gateways|silos) (\d+) (\d+)")]
    private static partial Regex Processes();

    [GeneratedRegex(@"Logs\s+(\S+)")]
    private static partial Regex Folder();
}
