using BenchmarkDotNet.Attributes;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Benchmarks.Micro;

/// <summary>What waits for one connection.</summary>
public class OutboxBenchmarks
{
    private readonly Outbox _outbox = new(16 * 1024 * 1024);
    private readonly OutboxItem _item = new(OutboundMessage.Fixed(new byte[160]), OutboxItem.NoSlot);

    /// <summary>A message in and out.</summary>
    [Benchmark]
    public bool AddAndTake() => _outbox.TryAdd(_item) && _outbox.TryTake(out _);
}
