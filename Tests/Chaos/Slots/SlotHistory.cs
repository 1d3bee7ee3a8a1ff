namespace Realtime.Tests.Chaos.Slots;

/// <summary>All attempts to connect to the databases of one tenant.</summary>
/// <param name="tenant">Name of the tenant.</param>
/// <param name="limit">Connections of its plan.</param>
internal sealed class SlotHistory(string tenant, int limit)
{
    private readonly Lock _lock = new();
    private readonly List<ConnectionAttempt> _attempts = [];

    /// <summary>Name of the tenant.</summary>
    public string Tenant => tenant;

    /// <summary>Connections of its plan.</summary>
    public int Limit => limit;

    /// <summary>States that a client asks for a slot.</summary>
    public ConnectionAttempt Ask(ConnectionAttempt attempt)
    {
        lock (_lock)
        {
            _attempts.Add(attempt);
        }

        return attempt;
    }

    /// <summary>States what became of an attempt.</summary>
    public void Change(ConnectionAttempt attempt, Action<ConnectionAttempt> change)
    {
        lock (_lock)
        {
            change(attempt);
        }
    }

    /// <summary>Reads everything while nobody adds to it.</summary>
    public T Read<T>(Func<IReadOnlyList<ConnectionAttempt>, T> read)
    {
        lock (_lock)
        {
            return read(_attempts);
        }
    }
}
