using Realtime.Channels;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Sessions;

/// <summary>
/// Messages of channels that may not be written yet: the client has to hear of the membership first, or of what it missed.
/// Not safe for concurrent use.
/// </summary>
internal sealed class SlotGates
{
    private readonly Dictionary<int, Gate> _closed = [];

    /// <summary>Whether there are any.</summary>
    public bool Any => _closed.Count > 0;

    /// <summary>Bytes of what waits.</summary>
    public long Bytes { get; private set; }

    public void Close(int slot) => _closed.TryAdd(slot, new Gate());

    /// <summary>States where a membership begins: everything after it comes by itself.</summary>
    public void Begin(int slot, ChannelPosition at)
    {
        if (_closed.TryGetValue(slot, out var gate))
        {
            gate.BeginsAt = at;
        }
    }

    /// <summary>Where a membership begins; null while it hasn't.</summary>
    public ChannelPosition? BeginningOf(int slot) => _closed.GetValueOrDefault(slot)?.BeginsAt;

    /// <summary>Keeps a message back, or several that came together; false if its channel's aren't.</summary>
    public bool TryHold(OutboxItem item)
    {
        if (!_closed.TryGetValue(item.Slot, out var gate))
        {
            return false;
        }

        foreach (var message in item.Message.Messages)
        {
            gate.Held.Enqueue(item with { Message = message });
        }

        Bytes += item.Message.Length;
        return true;
    }

    /// <summary>Lets go what waits, and everything after it.</summary>
    public IEnumerable<OutboxItem> Open(int slot)
    {
        if (!_closed.Remove(slot, out var gate))
        {
            return [];
        }

        Bytes -= gate.Held.Sum(static item => (long)item.Message.Length);
        return gate.Held;
    }

    /// <summary>Drops what waits.</summary>
    public void Clear()
    {
        _closed.Clear();
        Bytes = 0;
    }

    private sealed class Gate
    {
        public Queue<OutboxItem> Held { get; } = new();

        public ChannelPosition? BeginsAt { get; set; }
    }
}
