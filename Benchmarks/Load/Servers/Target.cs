using Realtime.Benchmarks.Load.Dialects;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>A running server, and how to talk to it.</summary>
/// <param name="Name">As in results.</param>
/// <param name="Addresses">Where clients connect, by turns.</param>
/// <param name="ProcessIds">Whose time and memory count.</param>
/// <param name="Members">How members talk.</param>
/// <param name="Publishers">How those talk who publish; null if members do.</param>
/// <param name="Credential">What clients authenticate with, where the server asks for something.</param>
internal sealed record Target(
    string Name, Uri[] Addresses, int[] ProcessIds, Dialect Members, Dialect? Publishers = null, string Credential = "");
