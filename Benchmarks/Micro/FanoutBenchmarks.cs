using BenchmarkDotNet.Attributes;
using Realtime.Channels;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateways;

namespace Realtime.Benchmarks.Micro;

/// <summary>One publication into the outboxes of a channel's members, and out of them again: what no socket is part of.</summary>
public class FanoutBenchmarks
{
    private readonly ChannelMembers _members = new();
    private readonly ReadOnlyMemory<byte> _payload = new byte[160];
    private Connection[] _connections = [];
    private long _offset;

    /// <summary>Members.</summary>
    [Params(1, 5, 1000)]
    public int Members { get; set; }

    /// <summary>Makes the members.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _connections = [.. Enumerable.Range(0, Members).Select(static _ => new Connection(TransportKind.WebSocket, "db", new LimitOptions(), TimeProvider.System))];
        foreach (var connection in _connections)
        {
            _members.Admit(connection, OutboxItem.NoSlot, default);
        }
    }

    /// <summary>One publication.</summary>
    [Benchmark]
    public void DeliverAndTake()
    {
        var position = new ChannelPosition(1, ++_offset);
        _members.Deliver(new ChannelPublications("key", position with { Offset = _offset - 1 }, position, "publisher", _offset, [_payload]));
        foreach (var connection in _connections)
        {
            connection.Outbox.TryTake(out _);
        }
    }
}
