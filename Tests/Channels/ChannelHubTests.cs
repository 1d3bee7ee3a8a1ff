using System.Net;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Telemetry;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class ChannelHubTests : IDisposable
{
    private readonly ServiceProvider _services = new ServiceCollection().AddMetrics().AddSingleton<GatewayMetrics>().BuildServiceProvider();
    private readonly RecentPublications _recent = new(Options.Create(new LimitOptions()), TimeProvider.System);
    private readonly SiloAddress _silo = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);
    private readonly FakeChannelGrain _grain = new();
    private readonly FakeChannelRelayGrain _relay = new();
    private readonly ChannelHub _channels;

    public ChannelHubTests()
    {
        var identity = new GatewayIdentity();
        _channels = new ChannelHub(
            TestGrains.From(key => (string)key! == ChannelRelayKey.Create(_silo, identity.Id) ? _relay : _grain),
            identity,
            new PublicationNumbers(identity),
            _recent,
            Options.Create(new RealtimeOptions()),
            _services.GetRequiredService<GatewayMetrics>(),
            TimeProvider.System,
            NullLogger<ChannelHub>.Instance);
    }

    public void Dispose() => _services.Dispose();

    [Fact]
    public async Task Publications_GoByTheRelayOfTheSilo_ThatOrderedTheFirst()
    {
        var ordered = new List<string>();
        _grain.Publish = batch => Task.FromResult(Order("grain", batch) with { Silo = _silo });
        _relay.Publish = one => Order("relay", one.Batch);

        foreach (var payload in TestPublications.Payloads("one", "two", "three"))
        {
            await _channels.AnnounceAsync("db", "room", payload);
        }

        Assert.Equal(["grain", "relay", "relay"], ordered);

        PublishReceipt Order(string by, PublishBatch batch)
        {
            ordered.Add(by);
            return new PublishReceipt(1, new(1, ordered.Count - 1), new(1, ordered.Count), 0);
        }
    }

    [Fact]
    public async Task Publications_AreHandedToMembersHere_ByTheReceipt()
    {
        var (member, wasTold) = (TestConnections.Create(), false);
        Assert.NotNull(await _channels.JoinAsync(member, "db", "room", TestConnections.Message("joined")));
        _grain.Publish = batch =>
        {
            wasTold = batch.IsHandedOn;
            return Task.FromResult(new PublishReceipt(1, new(1, 0), new(1, 1), 0));
        };

        await _channels.AnnounceAsync("db", "room", TestPublications.Payloads("one")[0]);

        await Eventually.TrueAsync(() => member.Outbox.Bytes > 70, "the publication");
        Assert.Equal(["joined", "one"], member.Sent());
        Assert.True(wasTold);
    }

    [Fact]
    public async Task Counting_TellsTheNumberOfMembers_AndChangesNothing()
    {
        Assert.NotNull(await _channels.JoinAsync(TestConnections.Create(), "db", "room", TestConnections.Message("joined")));
        var key = ChannelKey.Create("db", "room");

        var (used, unused) = (_channels.CollectTail(key, 0, 0), _channels.CollectTail("unused", 0, 0));

        Assert.Equal((1, 0), (used.Members, unused.Members));
        Assert.Equal((0, 0), (_recent.GetEpoch(key), _recent.GetEpoch("unused")));
        Assert.Equal([1], _grain.Stated);
    }
}
