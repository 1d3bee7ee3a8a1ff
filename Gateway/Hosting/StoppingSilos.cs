using System.Collections.Concurrent;

namespace Realtime.Gateway.Hosting;

/// <summary>Silos that have said they are about to stop.</summary>
public sealed class StoppingSilos
{
    // By then it is gone, and another process may have its address.
    private static readonly TimeSpan Age = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, DateTime> _silos = new(StringComparer.Ordinal);

    /// <summary>Takes a silo's word.</summary>
    /// <param name="endpoint">Where gateways reach it, as <c>address:port</c>.</param>
    public void Add(string endpoint) => _silos[endpoint] = DateTime.UtcNow;

    /// <summary>Whether a silo has said so lately.</summary>
    /// <param name="endpoint">Where gateways reach it, as <c>address:port</c>.</param>
    public bool Contains(string endpoint)
    {
        if (!_silos.TryGetValue(endpoint, out var since))
        {
            return false;
        }

        if (DateTime.UtcNow - since < Age)
        {
            return true;
        }

        _silos.TryRemove(KeyValuePair.Create(endpoint, since));
        return false;
    }
}
