using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Quotas;
using Realtime.Quotas;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Quotas;

public sealed class SlotKeeperTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly ConnectionRegistry _registry = new();
    private readonly Dictionary<string, TestQuota> _quotas = new() { ["tenant"] = new(), ["other"] = new() };
    private readonly SlotKeeper _slots;

    public SlotKeeperTests() => _slots = new SlotKeeper(
        TestGrains.From(tenant => _quotas[(string)tenant!]), new GatewayIdentity(), _registry, Options.Create(new LimitOptions()), _time, NullLogger<SlotKeeper>.Instance);

    [Fact]
    public async Task Revocation_EndsTheYoungestConnectionsOfTheTenant_AndNoOthers()
    {
        var other = await OpenAsync("other");
        Connection[] opened = [await OpenAsync("tenant"), await OpenAsync("tenant"), await OpenAsync("tenant"), await OpenAsync("tenant")];
        var otherYounger = await OpenAsync("other");

        _quotas["tenant"].Revoked = 3;
        _slots.Renew();

        Assert.Equal([null, EndReason.GoingAway, EndReason.GoingAway, EndReason.GoingAway], opened.Select(static connection => connection.EndReason));
        Assert.Equal([null, null], new[] { other, otherYounger }.Select(static connection => connection.EndReason));
    }

    [Fact]
    public async Task Revocation_CountsThoseThatAreEndingAlready()
    {
        Connection[] opened = [await OpenAsync("tenant"), await OpenAsync("tenant"), await OpenAsync("tenant")];
        opened[0].End(EndReason.ClientLeft);

        _quotas["tenant"].Revoked = 1;
        _slots.Renew();

        Assert.Equal([EndReason.ClientLeft, null, null], opened.Select(static connection => connection.EndReason));
    }

    private async Task<Connection> OpenAsync(string tenant)
    {
        _time.Advance(TimeSpan.FromSeconds(1));
        var connection = new Connection(TransportKind.WebSocket, "db", new LimitOptions(), _time);
        Assert.Equal(SlotOutcome.Granted, await _slots.AcquireAsync(tenant, TestContext.Current.CancellationToken));
        connection.HoldSlot(tenant, _slots.Release);
        _registry.Add(connection);
        return connection;
    }

    /// <summary>A quota that grants everything, until it takes some back.</summary>
    private sealed class TestQuota : IPlanQuotaGrain
    {
        public int Revoked { get; set; }

        public ValueTask<SlotGrant> SyncAsync(string gateway, int held, int wanted, long statement = 0) =>
            ValueTask.FromResult(new SlotGrant(wanted, IsUndecided: false) { Revoked = Revoked });

        public ValueTask<int> CountInUseAsync() => throw new NotSupportedException();

        public ValueTask ReloadAsync() => throw new NotSupportedException();
    }
}
