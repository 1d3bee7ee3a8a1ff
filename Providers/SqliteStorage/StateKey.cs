namespace Realtime.Providers.SqliteStorage;

/// <summary>What a row is found by.</summary>
/// <param name="ServiceId">Separates services that share a file.</param>
/// <param name="GrainId">The grain, as type and key.</param>
/// <param name="StateName">The name of the grain's state; a grain may have several.</param>
internal readonly record struct StateKey(string ServiceId, string GrainId, string StateName);
