using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;

namespace Realtime.Gateway.Connections;

/// <summary>The connections of this gateway.</summary>
internal sealed class ConnectionRegistry
{
    private readonly ConcurrentDictionary<Guid, Connection> _connections = new();
    private int _unassigned;

    /// <summary>All connections, as they are while one looks.</summary>
    public IEnumerable<Connection> All => _connections.Select(static entry => entry.Value);

    public void Add(Connection connection) => _connections[connection.Sid] = connection;

    /// <summary>Forgets a connection; false if it wasn't known.</summary>
    public bool Remove(Connection connection) => _connections.TryRemove(KeyValuePair.Create(connection.Sid, connection));

    public bool TryGet(Guid sid, [NotNullWhen(true)] out Connection? connection) => _connections.TryGetValue(sid, out connection);

    /// <summary>Counts a WebSocket that belongs to no database yet; false if there are too many.</summary>
    public bool TryAddUnassigned(int limit)
    {
        if (Interlocked.Increment(ref _unassigned) <= limit)
        {
            return true;
        }

        Interlocked.Decrement(ref _unassigned);
        return false;
    }

    /// <summary>States that such a WebSocket has got its database, or has ended.</summary>
    public void RemoveUnassigned() => Interlocked.Decrement(ref _unassigned);
}
