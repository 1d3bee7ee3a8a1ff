using Realtime.Tests.Chaos.Backend;
using Realtime.Tests.Clients;

namespace Realtime.Tests.Chaos;

/// <summary>What a run leaves behind: its verdict always, its timeline and all logs if it failed.</summary>
internal static class RunReport
{
    private const int LogLines = 40;

    /// <summary>Prints each line of the timeline as it comes, if <c>CHAOS_WATCH</c> is set; null if it isn't.</summary>
    public static Action<string>? Watcher => Environment.GetEnvironmentVariable("CHAOS_WATCH") is { Length: > 0 } ? Print : null;

    /// <summary>Writes the files.</summary>
    /// <returns>The timeline's file if a promise was broken, else null.</returns>
    public static async Task<string?> WriteAsync(string name, int seed, string verdict, Timeline timeline, ChaosCluster cluster)
    {
        Print(verdict);
        var folder = Directory.CreateDirectory(Path.Combine(Checkout.Root, "TestResults", "chaos")).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, $"{name}.verdict.txt"), verdict);
        if (timeline.Violations.Count == 0)
        {
            return null;
        }

        var file = Path.Combine(folder, $"{name}-{seed}.timeline.txt");
        await using var writer = new StreamWriter(file);
        await writer.WriteLineAsync(verdict);
        foreach (var line in timeline.Lines)
        {
            await writer.WriteLineAsync(line);
        }

        var logs = Directory.CreateDirectory(Path.Combine(folder, $"{name}-{seed}.logs")).FullName;
        foreach (var node in cluster.Nodes)
        {
            File.Copy(node.Process.LogFile, Path.Combine(logs, Path.GetFileName(node.Process.LogFile)), overwrite: true);
            await writer.WriteLineAsync($"\n=== the last lines of {node.Name}; all of them are in {logs} ===");
            foreach (var line in (await node.Process.ReadLogAsync()).Split('\n').TakeLast(LogLines))
            {
                await writer.WriteLineAsync(line);
            }
        }

        return file;
    }

    private static void Print(string text) => Console.Out.WriteLine(text);
}
