namespace Realtime.Benchmarks.Load.Servers;

/// <summary>A folder that is gone after the run.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    /// <summary>Where it is.</summary>
    public string Path { get; } = Directory.CreateTempSubdirectory("realtime-bench-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
