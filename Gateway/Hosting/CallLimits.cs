namespace Realtime.Gateway.Hosting;

/// <summary>How long processes of a cluster wait for each other.</summary>
public static class CallLimits
{
    /// <summary>
    /// For the answer of a grain or an observer. What may take longer says so at its method. A subscriber that doesn't
    /// answer holds up its own stream this long.
    /// </summary>
    public static readonly TimeSpan Response = TimeSpan.FromSeconds(3);

    /// <summary>After which a silo forgets a gateway process whose connection has ended.</summary>
    public static readonly TimeSpan ClientDrop = TimeSpan.FromSeconds(5);
}
