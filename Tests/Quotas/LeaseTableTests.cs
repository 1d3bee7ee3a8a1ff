using Microsoft.Extensions.Time.Testing;
using Realtime.Quotas;

namespace Realtime.Tests.Quotas;

public sealed class LeaseTableTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly LeaseTable _table;

    public LeaseTableTests() => _table = new LeaseTable(_time) { Limit = 25 };

    [Fact]
    public void Sync_GrantsWhatIsLeft_WhenMoreIsWanted()
    {
        _table.Sync("a", held: 0, wanted: 20);

        var grant = _table.Sync("b", held: 0, wanted: 10);

        Assert.Equal(new SlotGrant(5, IsUndecided: false), grant);
        Assert.Equal(25, _table.InUse);
    }

    [Fact]
    public void Sync_Refuses_WhenLimitIsReached()
    {
        _table.Sync("a", held: 0, wanted: 25);

        var grant = _table.Sync("b", held: 0, wanted: 1);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), grant);
    }

    [Fact]
    public void Sync_ReplacesTheFormerStatement_WhenAnswerWasLost()
    {
        _table.Sync("a", held: 0, wanted: 25);

        var grant = _table.Sync("a", held: 0, wanted: 25);

        Assert.Equal(25, grant.Granted);
        Assert.Equal(25, _table.InUse);
    }

    [Fact]
    public void Sync_TakesNoStatement_ThatALaterOneHasOvertaken()
    {
        _table.Sync("a", held: 5, wanted: 0, statement: 2);
        var overtaken = _table.Sync("a", held: 20, wanted: 1, statement: 1);
        var held = _table.InUse;
        _table.Sync("a", held: 0, wanted: 0, statement: 3);
        _table.Sync("a", held: 5, wanted: 0, statement: 2);

        Assert.Equal(new SlotGrant(0, IsUndecided: true), overtaken);
        Assert.Equal((5, 0), (held, _table.InUse));
    }

    [Fact]
    public void Sync_TakesARepeatedStatement_AndThoseWithoutANumber()
    {
        _table.Sync("a", held: 0, wanted: 3, statement: 2);

        var repeated = _table.Sync("a", held: 0, wanted: 3, statement: 2);
        var unnumbered = _table.Sync("a", held: 3, wanted: 1);

        Assert.Equal((3, 1), (repeated.Granted, unnumbered.Granted));
        Assert.Equal(4, _table.InUse);
    }

    [Fact]
    public void Sync_FreesSlots_AtOnce()
    {
        _table.Sync("a", held: 0, wanted: 25);
        _table.Sync("a", held: 24, wanted: 0);

        var grant = _table.Sync("b", held: 0, wanted: 2);

        Assert.Equal(1, grant.Granted);
    }

    [Fact]
    public void Lease_EndsAfterFifteenSeconds_WithoutSync()
    {
        _table.Sync("a", held: 0, wanted: 25);
        _time.Advance(TimeSpan.FromSeconds(14.9));
        var before = _table.Sync("b", held: 0, wanted: 1);

        _time.Advance(TimeSpan.FromSeconds(0.1));
        var after = _table.Sync("b", held: 0, wanted: 1);

        Assert.Equal(0, before.Granted);
        Assert.Equal(1, after.Granted);
    }

    [Fact]
    public void Sync_RenewsTheLease()
    {
        _table.Sync("a", held: 0, wanted: 25);
        _time.Advance(TimeSpan.FromSeconds(10));
        _table.Sync("a", held: 25, wanted: 0);

        _time.Advance(TimeSpan.FromSeconds(10));

        Assert.Equal(25, _table.InUse);
    }

    [Fact]
    public void Limit_TakesNothingAway_WhenLowered()
    {
        _table.Sync("a", held: 0, wanted: 25);

        _table.Limit = 5;
        var grant = _table.Sync("a", held: 25, wanted: 1);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), grant);
        Assert.Equal(25, _table.InUse);
    }

    [Fact]
    public void Sync_IsUndecided_UntilEveryExpectedGatewayHasStated()
    {
        _table.Expect("a");
        _table.Expect("b");

        var first = _table.Sync("a", held: 3, wanted: 2);
        _table.Answer("b", 4);
        var second = _table.Sync("a", held: 3, wanted: 2);

        Assert.Equal(new SlotGrant(0, IsUndecided: true), first);
        Assert.Equal(new SlotGrant(2, IsUndecided: false), second);
        Assert.Equal(9, _table.InUse);
    }

    [Fact]
    public void Sync_IsDecided_WhenALeaseHasPassedWithoutStatement()
    {
        _table.Expect("a");
        _time.Advance(TimeSpan.FromSeconds(15));

        var grant = _table.Sync("b", held: 0, wanted: 1);

        Assert.Equal(new SlotGrant(1, IsUndecided: false), grant);
    }

    [Fact]
    public void Sync_RefusesForGood_WhenTheStatedOnesFillThePlanAlready()
    {
        _table.Expect("a");

        var grant = _table.Sync("b", held: 25, wanted: 1);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), grant);
    }

    [Fact]
    public void Answer_IsIgnored_WhenTheGatewayHasSynchronisedSince()
    {
        _table.Expect("a");
        _table.Sync("a", held: 7, wanted: 0);

        _table.Answer("a", 1);

        Assert.Equal(7, _table.InUse);
    }

    [Fact]
    public void Sync_TakesSlotsBack_ThatOthersGotWhileTheirGatewayWasAway()
    {
        _table.Sync("frozen", held: 0, wanted: 20);
        _time.Advance(TimeSpan.FromSeconds(15));
        _table.Sync("other", held: 0, wanted: 15);

        var back = _table.Sync("frozen", held: 20, wanted: 1);
        var again = _table.Sync("frozen", held: 20, wanted: 0);
        var done = _table.Sync("frozen", held: 10, wanted: 0);

        Assert.Equal(new SlotGrant(0, IsUndecided: false) { Revoked = 10 }, back);
        Assert.Equal(back, again);
        Assert.Equal(new SlotGrant(0, IsUndecided: false), done);
        Assert.Equal(25, _table.InUse);
    }

    [Fact]
    public void Sync_TakesBackOnlyWhatOthersGot_WhenTheLimitWasLoweredToo()
    {
        _table.Sync("frozen", held: 0, wanted: 20);
        _table.Sync("other", held: 0, wanted: 2);
        _time.Advance(TimeSpan.FromSeconds(15));
        _table.Sync("other", held: 2, wanted: 3);
        _table.Limit = 5;

        var back = _table.Sync("frozen", held: 20, wanted: 0);

        Assert.Equal(3, back.Revoked);
    }

    [Fact]
    public void Sync_TakesNothingBack_WhenNobodyElseNeedsIt()
    {
        _table.Sync("frozen", held: 0, wanted: 20);
        _time.Advance(TimeSpan.FromSeconds(15));

        var back = _table.Sync("frozen", held: 20, wanted: 0);

        Assert.Equal(new SlotGrant(0, IsUndecided: false), back);
        Assert.Equal(20, _table.InUse);
    }
}
