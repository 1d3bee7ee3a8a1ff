namespace Realtime.Benchmarks.Load.Servers;

/// <summary>A target that this tool has started, and all that ends with it.</summary>
/// <param name="Target">How it is used.</param>
/// <param name="Database">The database of the run, with this backend.</param>
/// <param name="Parts">What is disposed, the last one first.</param>
internal sealed record RunningServer(Target Target, RealtimeDatabase? Database, List<IDisposable> Parts) : IDisposable
{
    /// <summary>No server at all: a document store that this process writes to itself.</summary>
    public PlainInserts? PlainStore { get; init; }

    public void Dispose()
    {
        for (var i = Parts.Count - 1; i >= 0; i--)
        {
            Parts[i].Dispose();
        }
    }
}
