using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Realtime.Gateway.Connections;

/// <summary>
/// Sessions that this gateway holds without a stream, until their clients come back (protocol 1.9). Bounded per tenant: those
/// that have been away for longest make room.
/// </summary>
internal sealed class AbsentSessions(IOptions<LimitOptions> limits)
{
    private readonly ConcurrentDictionary<Guid, Connection> _sessions = new();
    private readonly ConcurrentDictionary<string, int> _counts = new(StringComparer.Ordinal);

    /// <summary>All of them, as they are while one looks.</summary>
    public IEnumerable<Connection> All => _sessions.Select(static entry => entry.Value);

    /// <summary>Number of them.</summary>
    public int Count => _sessions.Count;

    /// <summary>Adds one.</summary>
    /// <returns>False if its tenant has too many: some have to go.</returns>
    public bool Add(Connection connection)
    {
        var isNew = true;
        _sessions.AddOrUpdate(connection.Sid, connection, (_, _) =>
        {
            isNew = false;
            return connection;
        });
        var count = isNew ? _counts.AddOrUpdate(connection.TenantId!, 1, static (_, count) => count + 1) : 0;
        return count <= limits.Value.MaxAbsentSessions;
    }

    /// <summary>Whether a tenant can have one more.</summary>
    public bool HasRoom(string tenantId) => _counts.GetValueOrDefault(tenantId) < limits.Value.MaxAbsentSessions;

    /// <summary>Removes one; false if it isn't there.</summary>
    public bool Remove(Connection connection)
    {
        if (!_sessions.TryRemove(KeyValuePair.Create(connection.Sid, connection)))
        {
            return false;
        }

        _counts.AddOrUpdate(connection.TenantId!, 0, static (_, count) => count - 1);
        _counts.TryRemove(KeyValuePair.Create(connection.TenantId!, 0));
        return true;
    }

    public bool TryGet(Guid sid, [NotNullWhen(true)] out Connection? connection) => _sessions.TryGetValue(sid, out connection);

    /// <summary>Those that have to go, so that a tenant is within its bounds again.</summary>
    public List<Connection> BeyondBounds(string tenantId) =>
        BeyondBounds(All.Where(connection => connection.TenantId == tenantId));

    /// <summary>Those that have to go, so that all tenants are within their bounds again.</summary>
    public List<Connection> BeyondBounds() =>
        [.. All.GroupBy(static connection => connection.TenantId, StringComparer.Ordinal).SelectMany(BeyondBounds)];

    private List<Connection> BeyondBounds(IEnumerable<Connection> ofOneTenant)
    {
        var sized = ofOneTenant.Select(static connection => (Connection: connection, Bytes: connection.Session!.SizeInBytes)).ToList();
        if (sized.Count <= limits.Value.MaxAbsentSessions && sized.Sum(static session => session.Bytes) <= limits.Value.AbsentBytes)
        {
            return [];
        }

        var (count, bytes) = (0, 0L);
        return
        [
            .. sized
                .OrderByDescending(static session => session.Connection.AbsentSince)
                .SkipWhile(session => ++count <= limits.Value.MaxAbsentSessions && (bytes += session.Bytes) <= limits.Value.AbsentBytes)
                .Select(static session => session.Connection),
        ];
    }
}
