using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Documents;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateways;
using Realtime.Tests.Channels;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Telemetry;

/// <summary>What an operator sees when members of a gateway have missed something.</summary>
public sealed class ContinuityMetricsTests : IDisposable
{
    private readonly FakeTimeProvider _time = new();
    private readonly TestMetrics _metrics = new();
    private readonly FakeChannelGrain _channelGrain = new();
    private readonly FakeRepositoryGrain _repositoryGrain = new();
    private readonly ChannelSubscription _channel;
    private readonly RepositorySubscription _repository;
    private readonly MetricCollector<long> _catchUps;
    private readonly MetricCollector<long> _ended;

    public ContinuityMetricsTests()
    {
        (_catchUps, _ended) = (_metrics.Collect("catchups"), _metrics.Collect("members.ended"));
        var recent = new RecentPublications(Options.Create(new LimitOptions()), _time);
        _channel = TestSubscription.Create(_channelGrain, recent, _time, metrics: _metrics);
        _repository = new RepositorySubscription(
            RepositoryKey.Create("db", "tasks_760_"), _repositoryGrain, "gateway", 0, static _ => { }, _metrics.Gateway, NullLogger.Instance);
    }

    [Fact]
    public async Task Channel_CountsWhatWasRead_OncePerGap()
    {
        await JoinChannelAsync();
        _channelGrain.History = static after => after.Offset == 1 ? [TestPublications.At(1, 2, "two", "three")] : null;

        _channel.Deliver(TestPublications.At(1, 1, "one"));
        Assert.Empty(_catchUps.GetMeasurementSnapshot());
        _channel.Deliver(TestPublications.At(1, 3, "three"));
        _channel.Deliver(TestPublications.At(1, 4, "four"));
        _time.Advance(ChannelSubscription.OvertakingTime);

        Assert.Equal((1, 0), (Sum(_catchUps, "channel"), Sum(_ended, "channel")));
    }

    [Fact]
    public async Task Channel_CountsEveryMember_ThatIsEnded()
    {
        await JoinChannelAsync();
        await JoinChannelAsync();

        _channel.Deliver(TestPublications.At(1, 7, "seven"));
        _time.Advance(ChannelSubscription.OvertakingTime);

        Assert.Equal((1, 2), (Sum(_catchUps, "channel"), Sum(_ended, "channel")));
        Assert.Equal(0, Sum(_ended, "repository"));
    }

    [Fact]
    public async Task Repository_CountsWhatWasRead_OncePerGap()
    {
        var member = await JoinRepositoryAsync();
        Commit(3);
        _repositoryGrain.PageSize = 1;

        _repository.Deliver(new DocumentChanges("key", [_repositoryGrain.History[2]], 2, 3));

        await Eventually.TrueAsync(() => member.Outbox.Bytes > 0 && _repositoryGrain.Reads.Count == 3, "the missed changes to be read");
        Assert.Equal((1, 0), (Sum(_catchUps, "repository"), Sum(_ended, "repository")));
    }

    [Fact]
    public async Task Repository_CountsEveryMember_ThatIsEnded()
    {
        var (one, other) = (await JoinRepositoryAsync(), await JoinRepositoryAsync());
        Commit(2);
        _repositoryGrain.Forgotten = 1;

        _repository.Deliver(new DocumentChanges("key", [_repositoryGrain.History[1]], 1, 2));

        await Eventually.TrueAsync(() => (one.EndReason, other.EndReason) == (EndReason.Internal, EndReason.Internal), "the members to be ended");
        Assert.Equal((1, 2), (Sum(_catchUps, "repository"), Sum(_ended, "repository")));
    }

    public void Dispose()
    {
        _catchUps.Dispose();
        _ended.Dispose();
    }

    private static long Sum(MetricCollector<long> collector, string source) => collector.GetMeasurementSnapshot()
        .ContainsTags(KeyValuePair.Create<string, object?>("source", source)).Sum(static measured => measured.Value);

    private async Task JoinChannelAsync() =>
        Assert.True(await _channel.TryJoin(TestConnections.Create(), TestConnections.Message("joined"))!.WaitAsync(Eventually.Bound));

    private async Task<Connection> JoinRepositoryAsync()
    {
        var member = TestConnections.Create();
        Assert.True(await _repository.TryJoin(member, new CallerIdentity("db", "a", "u", 0, 1), reply: null)!.WaitAsync(Eventually.Bound));
        return member;
    }

    private void Commit(int changes)
    {
        for (var position = 1; position <= changes; position++)
        {
            _repositoryGrain.History.Add(new DocumentChange(position, ChangeKind.Created, Audience.OfAccount("a"), "{}"u8.ToArray()));
        }

        _repositoryGrain.Position = changes;
    }
}
