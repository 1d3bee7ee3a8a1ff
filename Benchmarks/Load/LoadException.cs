namespace Realtime.Benchmarks.Load;

/// <summary>A run that can't be measured, for a reason that is told.</summary>
internal sealed class LoadException(string message) : Exception(message);
