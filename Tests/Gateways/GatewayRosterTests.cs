using Realtime.Gateways;

namespace Realtime.Tests.Gateways;

public sealed class GatewayRosterTests
{
    private static readonly DateTimeOffset Asked = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Fact]
    public void IsLive_BelievesEveryone_BeforeTheFirstSnapshot()
    {
        var roster = new GatewayRoster();

        Assert.True(roster.IsLive("a", Asked));
        Assert.Empty(roster.Live);
    }

    [Fact]
    public void IsLive_FollowsTheSnapshot_WhenAssertedBefore()
    {
        var roster = new GatewayRoster();

        roster.Update(["a"], Asked);

        Assert.True(roster.IsLive("a", Asked.AddSeconds(-60)));
        Assert.False(roster.IsLive("b", Asked.AddSeconds(-1)));
        Assert.Equal(["a"], roster.Live);
    }

    [Fact]
    public void IsLive_BelievesTheGateway_WhenAssertedAfterTheSnapshotWasAskedFor()
    {
        var roster = new GatewayRoster();

        roster.Update(["a"], Asked);

        Assert.True(roster.IsLive("b", Asked.AddMilliseconds(1)));
    }
}
