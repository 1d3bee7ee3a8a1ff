using Realtime.Tests.Cluster;

namespace Realtime.Tests.Chaos.Backend;

/// <summary>A silo or gateway for the whole run: its name, address and settings stay when its process is another one.</summary>
/// <param name="process">Its first process.</param>
internal sealed class ClusterNode(ServerProcess process)
{
    /// <summary>Its name in the timeline.</summary>
    public string Name { get; } = process.Name;

    /// <summary>Its process of now.</summary>
    public ServerProcess Process { get; private set; } = process;

    /// <summary>Starts a process in place of one that has ended; it isn't ready yet.</summary>
    /// <param name="assembly">The program; that of the process before if null.</param>
    public async Task StartAgainAsync(string? assembly = null)
    {
        await Process.DisposeAsync();
        Process = Process.StartAgain(assembly);
    }
}
