using System.Collections.Immutable;
using Realtime.Channels;

namespace Realtime.Tests.Channels;

/// <summary>A channel's grain whose answers a test decides.</summary>
internal sealed class FakeChannelGrain : IChannelGrain
{
    private int _failures;

    /// <summary>Its position, answered to statements.</summary>
    public ChannelPosition Position { get; set; } = new(1, 0);

    /// <summary>What <see cref="ReadHistoryAsync"/> answers; null means continuity can't be shown.</summary>
    public Func<ChannelPosition, ImmutableArray<ReadOnlyMemory<byte>>?> History { get; set; } = static _ => null;

    /// <summary>Numbers of members it was told, in order.</summary>
    public List<int> Stated { get; } = [];

    /// <summary>Awaited before a statement is answered.</summary>
    public Task Answer { get; set; } = Task.CompletedTask;

    /// <summary>Lets the next statements fail.</summary>
    public void Fail(int times) => _failures = times;

    public async ValueTask<ChannelPosition> SetMembersAsync(string gateway, int members)
    {
        await Answer;
        lock (Stated)
        {
            Stated.Add(members);
            return _failures-- > 0 ? throw new TimeoutException("the grain is away") : Position;
        }
    }

    public ValueTask<ImmutableArray<ReadOnlyMemory<byte>>?> ReadHistoryAsync(ChannelPosition after) => ValueTask.FromResult(History(after));

    public ValueTask<ChannelPosition> PublishAsync(ImmutableArray<ReadOnlyMemory<byte>> payloads) => throw new NotSupportedException();

    public ValueTask<int> CountMembersAsync() => throw new NotSupportedException();
}
