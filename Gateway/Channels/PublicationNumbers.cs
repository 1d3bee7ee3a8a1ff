namespace Realtime.Gateway.Channels;

/// <summary>Numbers everything that this gateway publishes, so that a channel notices what it is told twice.</summary>
internal sealed class PublicationNumbers(GatewayIdentity gateway)
{
    private long _last;

    /// <summary>Id of this gateway.</summary>
    public string Publisher => gateway.Id;

    /// <summary>Takes consecutive numbers.</summary>
    /// <returns>The first.</returns>
    public long Take(int count) => Interlocked.Add(ref _last, count) - count + 1;
}
