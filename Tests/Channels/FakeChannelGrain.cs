using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateways;

namespace Realtime.Tests.Channels;

/// <summary>A channel's grain whose answers a test decides.</summary>
internal sealed class FakeChannelGrain : IChannelGrain
{
    private int _failures;

    /// <summary>Its epoch.</summary>
    public long Epoch { get; set; } = 1;

    /// <summary>Its position, answered to statements.</summary>
    public ChannelPosition Position { get; set; } = new(1, 0);

    /// <summary>What <see cref="ReadHistoryAsync"/> answers; null means continuity can't be shown.</summary>
    public Func<ChannelPosition, ImmutableArray<ChannelPublications>?> History { get; set; } = static _ => null;

    /// <summary>Answers publications.</summary>
    public Func<PublishBatch, Task<PublishReceipt>> Publish { get; set; } = static _ => throw new NotSupportedException();

    /// <summary>Numbers of members it was told, in order.</summary>
    public List<int> Stated { get; } = [];

    /// <summary>Numbers of those statements.</summary>
    public List<long> Statements { get; } = [];

    /// <summary>Where members stood when they were last stated.</summary>
    public ChannelPosition Served { get; private set; }

    /// <summary>Awaited before a statement is answered.</summary>
    public Task Answer { get; set; } = Task.CompletedTask;

    /// <summary>Lets the next calls fail.</summary>
    public void Fail(int times) => _failures = times;

    public async ValueTask<ChannelStatus> SetMembersAsync(string gateway, int members, ChannelPosition served, long statement = 0)
    {
        await Answer;
        lock (Stated)
        {
            Stated.Add(members);
            Statements.Add(statement);
            Served = served;
            return Interlocked.Decrement(ref _failures) >= 0 ? throw new TimeoutException("the grain is away") : new(Epoch, Position);
        }
    }

    public ValueTask<ChannelHistory> ReadHistoryAsync(ChannelPosition after) =>
        Interlocked.Decrement(ref _failures) >= 0
            ? throw new TimeoutException("the grain is away")
            : ValueTask.FromResult(new ChannelHistory(Epoch, History(after)));

    public async ValueTask<PublishReceipt> PublishAsync(PublishBatch batch) => await Publish(batch);

    public ValueTask<int> CountMembersAsync() => throw new NotSupportedException();
}
