namespace Realtime.Gateway;

/// <summary>Whether this gateway should get new connections: after it has joined the cluster and until it drains.</summary>
internal sealed class Readiness(IHostApplicationLifetime lifetime)
{
    private volatile bool _hasJoined;

    public bool IsReady => _hasJoined && !lifetime.ApplicationStopping.IsCancellationRequested;

    /// <summary>States that the gateway has joined the cluster.</summary>
    public void Joined() => _hasJoined = true;
}
