namespace Realtime.Benchmarks.Load.Clients;

/// <summary>How many clients do what.</summary>
/// <param name="Channels">Number of channels.</param>
/// <param name="Members">Members of each.</param>
/// <param name="Publishers">Publishers of each; the first members if the transport lets them.</param>
/// <param name="DataBytes">Length of a message's data.</param>
internal sealed record FleetShape(int Channels, int Members, int Publishers, int DataBytes);
