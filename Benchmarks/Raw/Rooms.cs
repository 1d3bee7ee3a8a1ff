using System.Collections.Concurrent;

namespace Realtime.Benchmarks.Raw;

/// <summary>All rooms, by name.</summary>
internal sealed class Rooms
{
    private readonly ConcurrentDictionary<string, Room> _rooms = new(StringComparer.Ordinal);

    /// <summary>The room of that name.</summary>
    public Room Get(string name) => _rooms.GetOrAdd(name, static name => new Room(name));
}
