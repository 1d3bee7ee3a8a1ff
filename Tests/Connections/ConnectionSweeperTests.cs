using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Sessions;

namespace Realtime.Tests.Connections;

public sealed class ConnectionSweeperTests
{
    [Fact]
    public async Task Sessions_InWhichNothingHappens_DoNotKeepWhatTheirClientsHaveLongGot()
    {
        var time = new FakeTimeProvider();
        var limits = Options.Create(new LimitOptions());
        var (registry, absents) = (new ConnectionRegistry(), new AbsentSessions(limits));
        var connection = new Connection(TransportKind.ServerSentEvents, "db", limits.Value, time);
        connection.HoldNoSlot("tenant");
        var session = connection.Remember(replicas: null, limits.Value, time);
        connection.Bind(new CallerIdentity("db", "account", "user", 0, 1), time.GetUtcNow().AddHours(1));
        connection.ConfirmBinding(OutboundMessage.WithSidSlot(new byte[10_000]));
        registry.Add(connection);
        using var sweeper = new ConnectionSweeper(
            registry, absents, connections: null!, new GivenSessions(time), limits, Options.Create(new RealtimeOptions()), time);
        await sweeper.StartAsync(TestContext.Current.CancellationToken);
        Assert.InRange(session.SizeInBytes, 10_000, 20_000);

        await Infrastructure.Eventually.TrueAsync(
            () =>
            {
                time.Advance(TimeSpan.FromSeconds(1));
                return session.SizeInBytes < 1000;
            },
            "the old reply to be forgotten");

        Assert.InRange(time.GetUtcNow() - connection.OpenedAt, SessionState.Memory, TimeSpan.MaxValue);
        await sweeper.StopAsync(TestContext.Current.CancellationToken);
    }
}
