using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Restatements;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Tests.Channels;

public sealed class InboxReaderTests : IDisposable
{
    private const string Lost = "S10.0.0.1:11111:1";

    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private readonly FakeTimeProvider _time = new();
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
    private readonly RecordedRestatement _restatement = new();
    private readonly InboxReader _inbox;

    public InboxReaderTests()
    {
        var (identity, metrics) = (new GatewayIdentity(), _services.GetRequiredService<GatewayMetrics>());
        var recent = new RecentPublications(Options.Create(new LimitOptions()), _time);
        _inbox = new InboxReader(
            new ChannelHub(null!, identity, new PublicationNumbers(identity), recent, Options.Create(new RealtimeOptions()), metrics, _time, NullLogger<ChannelHub>.Instance),
            new RepositoryHub(null!, identity, metrics, NullLogger<RepositoryHub>.Instance),
            _restatement,
            metrics,
            _time,
            NullLogger<InboxReader>.Instance);
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task LostSilo_HasEverythingStatedOnce_WhoeverSaysIt_AndWhateverBecomesOfIt()
    {
        await ReceiveAsync($"{Lost}/1", 1);
        await ReceiveAsync("b/1", 1, new SiloLost(Lost));
        await ReceiveAsync("c/1", 1, new SiloLost(Lost));

        // It was only frozen, and goes on for a moment.
        await ReceiveAsync($"{Lost}/1", 9);
        _time.Advance(LongestSilence + TimeSpan.FromSeconds(1));
        await ReceiveAsync("b/1", 2);
        await ReceiveAsync("c/1", 2);

        Assert.False(_inbox.ForgetSilentSilos(LongestSilence));
        Assert.Equal((0, 1), (_restatement.Members, _restatement.Everything));
    }

    [Fact]
    public async Task Gap_HasTheMembersStated()
    {
        await ReceiveAsync("a/1", 1);
        await ReceiveAsync("a/1", 2);
        Assert.Equal(0, _restatement.Members);

        await ReceiveAsync("a/1", 4);

        Assert.Equal((1, 0), (_restatement.Members, _restatement.Everything));
    }

    [Fact]
    public async Task SilentSilo_IsForgottenOnce_WhenNobodySaysThatItIsLost()
    {
        await ReceiveAsync("a/1", 1);
        _time.Advance(LongestSilence + TimeSpan.FromSeconds(1));
        await ReceiveAsync("b/1", 1);

        Assert.True(_inbox.ForgetSilentSilos(LongestSilence));
        Assert.False(_inbox.ForgetSilentSilos(LongestSilence));
    }

    private Task ReceiveAsync(string silo, long sequence, InboxEvent? inboxEvent = null) =>
        _inbox.OnNextAsync(new InboxMessage(silo, sequence, inboxEvent ?? new InboxBeat()));

    private sealed class RecordedRestatement : IRestatement
    {
        public int Members { get; private set; }

        public int Everything { get; private set; }

        public void StateMembers() => Members++;

        public void StateEverything() => Everything++;
    }
}
