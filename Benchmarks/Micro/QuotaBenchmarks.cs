using BenchmarkDotNet.Attributes;
using Realtime.Quotas;

namespace Realtime.Benchmarks.Micro;

/// <summary>A tenant's connection slots.</summary>
public class QuotaBenchmarks
{
    private readonly LeaseTable _leases = new(TimeProvider.System) { Limit = 1000 };
    private long _statement;

    /// <summary>A gateway states what it holds, and gets one more.</summary>
    [Benchmark]
    public SlotGrant Acquire() => _leases.Sync("gateway", held: 500, wanted: 1, ++_statement);
}
