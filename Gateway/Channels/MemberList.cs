using System.Runtime.InteropServices;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Connections with a value each: fast to walk through, and to add to or remove from. Not safe for concurrent use.
/// </summary>
/// <typeparam name="TState">What is known of each member.</typeparam>
internal sealed class MemberList<TState>
{
    private readonly List<Member> _members = [];
    private readonly Dictionary<Connection, int> _indexes = [];

    public int Count => _members.Count;

    public Span<Member> Span => CollectionsMarshal.AsSpan(_members);

    /// <summary>The value of a connection that is there.</summary>
    public TState this[Connection connection] => _members[_indexes[connection]].State;

    /// <summary>Adds a connection, or replaces its value.</summary>
    public void Add(Connection connection, TState state)
    {
        if (_indexes.TryGetValue(connection, out var index))
        {
            _members[index] = new Member(connection, state);
            return;
        }

        _indexes.Add(connection, _members.Count);
        _members.Add(new Member(connection, state));
    }

    /// <summary>Removes all connections.</summary>
    public void Clear()
    {
        _members.Clear();
        _indexes.Clear();
    }

    /// <summary>Removes a connection; false if it wasn't there.</summary>
    public bool Remove(Connection connection)
    {
        if (!_indexes.Remove(connection, out var index))
        {
            return false;
        }

        // The last one takes the freed place, so that nothing moves.
        var last = _members[^1];
        _members.RemoveAt(_members.Count - 1);
        if (last.Connection != connection)
        {
            _members[index] = last;
            _indexes[last.Connection] = index;
        }

        return true;
    }

    internal readonly record struct Member(Connection Connection, TState State);
}
