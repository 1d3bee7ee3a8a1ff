using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Tests.Connections;
using Realtime.Tests.Infrastructure;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Channels;

/// <summary>A gateway's members of <see cref="TestPublications.Channel"/>.</summary>
internal static class TestSubscription
{
    public static ChannelSubscription Create(
        FakeChannelGrain grain, RecentPublications recent, TimeProvider time, Action? retire = null, TestMetrics? metrics = null) => new(
        TestPublications.Channel,
        grain,
        new GatewayIdentity(),
        recent,
        _ => retire?.Invoke(),
        (metrics ?? new TestMetrics()).Gateway,
        time,
        NullLogger.Instance);

    /// <summary>Makes a new connection a member, which is told so.</summary>
    public static async Task<Connection> JoinAsync(this ChannelSubscription subscription)
    {
        var connection = TestConnections.Create();
        Assert.True(await subscription.TryJoin(connection, TestConnections.Message("joined"))!.WaitAsync(Eventually.Bound));
        return connection;
    }
}
