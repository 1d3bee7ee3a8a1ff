namespace Realtime.Providers.SqliteStorage;

/// <summary>A stored state.</summary>
/// <param name="Version">Changes with every write and never returns, not even after a clear.</param>
/// <param name="Payload">The serialised state.</param>
internal sealed record StateRow(long Version, byte[] Payload);
