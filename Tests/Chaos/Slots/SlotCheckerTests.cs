using Realtime.Tests.Chaos.History;

namespace Realtime.Tests.Chaos.Slots;

/// <summary>The checker of plan limits finds what breaks them, and allows what clients can't see any better.</summary>
public sealed class SlotCheckerTests
{
    private readonly SlotHistory _tenant = new("tenant", limit: 2);

    [Fact]
    public void Check_FindsNothing_WhenASlotChangesHands()
    {
        Connect("g1", 1, ended: 10);
        Connect("g2", 1);
        Connect("g2", 9.5);

        Assert.Empty(Check());
    }

    [Fact]
    public void Check_FindsMoreThanThePlanAllows()
    {
        Connect("g1", 1);
        Connect("g2", 1);
        Connect("g2", 9);

        var violation = Assert.Single(Check());
        Assert.Equal(Promise.Limit, violation.Promise);
        Assert.Contains("up to 3 connections of 2", violation.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_CountsNoSocketsOfAFrozenGateway_UntilItHasWoken()
    {
        Connect("g1", 1, ended: 50);
        Connect("g2", 1);
        Connect("g2", 30);
        GatewayPause[] pauses = [new("g1", At(10), At(42))];

        Assert.Empty(SlotChecker.Check(_tenant, pauses, At(100)));
        Assert.Single(Check());

        Connect("g1", 2);
        var violation = Assert.Single(SlotChecker.Check(_tenant, pauses, At(100)));
        Assert.Contains("from 2.000 s", violation.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_FindsARefusal_WhenSlotsWereFree()
    {
        Connect("g1", 1);
        Connect("g2", 1, ended: 10);
        Refuse(10.5, 10.6);
        Assert.Empty(Check());

        Refuse(14, 14.1);

        var violation = Assert.Single(Check());
        Assert.Equal(Promise.RefusedOnlyWhenFull, violation.Promise);
        Assert.Contains("at most 1 of 2 slots", violation.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_AllowsARefusal_WhenAnotherIsJustBeingAccepted()
    {
        Connect("g1", 1);
        Connect("g2", 5);
        Refuse(4.8, 4.95);

        Assert.Empty(Check());
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private List<Violation> Check() => SlotChecker.Check(_tenant, [], At(100));

    private void Connect(string gateway, double served, double? ended = null) => _tenant.Ask(
        new ConnectionAttempt("client", gateway, At(served - 0.1)) { ServedAt = At(served), EndedAt = ended is { } end ? At(end) : null });

    private void Refuse(double asked, double refused) => _tenant.Ask(
        new ConnectionAttempt("refused", "g1", At(asked)) { RefusedAt = At(refused), EndedAt = At(refused) });
}
