namespace Realtime.Gateway.Hosting;

/// <summary>Whether this process should get new work: after it has joined the cluster and until it is told to stop.</summary>
/// <param name="lifetime">The process's life.</param>
public sealed class Readiness(IHostApplicationLifetime lifetime)
{
    private volatile bool _hasJoined;

    /// <summary>Whether it should.</summary>
    public bool IsReady => _hasJoined && !lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>States that the process has joined the cluster.</summary>
    public void Joined() => _hasJoined = true;
}
