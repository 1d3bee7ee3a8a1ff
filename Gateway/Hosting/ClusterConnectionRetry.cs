namespace Realtime.Gateway.Hosting;

/// <summary>
/// Has a gateway process wait for its cluster until it is stopped: silos may start later, or be away all at once. It
/// isn't ready meanwhile.
/// </summary>
internal sealed partial class ClusterConnectionRetry(ILogger<ClusterConnectionRetry> logger) : IClientConnectionRetryFilter
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<bool> ShouldRetryConnectionAttempt(Exception exception, CancellationToken cancellationToken)
    {
        LogWaiting(exception.Message);
        try
        {
            // Gateways that lost the cluster together don't come back together.
            await Task.Delay(Pause * (0.5 + Random.Shared.NextDouble()), cancellationToken);
            return true;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "Waiting for a silo: {Reason}")]
    private partial void LogWaiting(string reason);
}
