namespace Realtime.Tests.Chaos.History;

/// <summary>The checker finds each kind of broken promise, and finds none where none is broken.</summary>
public sealed class HistoryCheckerTests
{
    private static readonly Person Ann = new("ann", "acme");
    private static readonly Person Bob = new("bob", "acme");
    private static readonly Person Eve = new("eve", "evil");

    private readonly ChannelHistory _channel = new("room");

    [Fact]
    public void Check_FindsNothing_WhenEveryMemberHasAllInOneOrder()
    {
        Send("a1", 10, acknowledged: 11);
        Send("b1", 10.5, acknowledged: 12);
        Send("a2", 13, acknowledged: 14);
        Member(Ann, joined: 5, "b1", "a1", "a2");
        Member(Bob, joined: 5, "b1", "a1", "a2");
        Member(Eve, joined: 12.5, "a2");

        Assert.Empty(HistoryChecker.Check(_channel, isQuiet: true));
    }

    [Fact]
    public void Check_AllowsWhatNobodyPromised_WhenTheOutcomeIsUnknown()
    {
        Send("never arrived", 10);
        Send("arrived", 11);
        Send("later", 12, acknowledged: 13);
        Member(Ann, joined: 5, "arrived", "later");

        // Its connection ended before it was due, so nobody knows whether it would have come.
        Member(Bob, joined: 5, ended: 11.5);

        Assert.Empty(HistoryChecker.Check(_channel, isQuiet: true));
    }

    [Fact]
    public void Check_FindsALoss_WhenAMemberStayedToTheEnd()
    {
        Send("a1", 10, acknowledged: 11);
        var member = Member(Ann, joined: 5);

        Assert.Empty(HistoryChecker.Check(_channel, isQuiet: false));
        AssertFound(Promise.NothingLost, "never got 'a1'", isQuiet: true);

        _channel.End(member, At(11));
        Assert.Empty(HistoryChecker.Check(_channel, isQuiet: true));
    }

    [Fact]
    public void Check_FindsALoss_WhenSomethingLaterWasRead()
    {
        Send("a1", 10, acknowledged: 11);
        Send("a2", 12, acknowledged: 13);
        Member(Ann, joined: 5, ended: 20, "a2");

        AssertFound(Promise.NothingLost, "but did get 'a2'", isQuiet: false);
    }

    [Fact]
    public void Check_FindsALoss_WhenOnlyAnotherMemberGotAnUnacknowledgedMessage()
    {
        Send("a1", 10);
        Member(Ann, joined: 5, "a1");
        Member(Bob, joined: 5);

        AssertFound(Promise.NothingLost, "read by another", isQuiet: true);
    }

    [Fact]
    public void Check_FindsADuplicate()
    {
        Send("a1", 10, acknowledged: 11);
        Send("a2", 12, acknowledged: 13);
        Member(Ann, joined: 5, "a1", "a2", "a1");

        AssertFound(Promise.NothingTwice, "'a1'", isQuiet: true, others: Promise.OrderOfSending);
    }

    [Fact]
    public void Check_FindsTwoOrders()
    {
        Send("a1", 10, acknowledged: 13);
        Send("b1", 10, acknowledged: 13);
        Member(Ann, joined: 5, "a1", "b1");
        Member(Bob, joined: 5, "b1", "a1");

        AssertFound(Promise.OneOrder, "the other way round", isQuiet: true);
    }

    [Fact]
    public void Check_FindsTwoOrders_WhenNoTwoMembersContradictEachOther()
    {
        Send("a1", 10);
        Send("b1", 10);
        Send("c1", 10);
        Member(Ann, joined: 5, ended: 30, "a1", "b1");
        Member(Bob, joined: 5, ended: 30, "b1", "c1");
        Member(Eve, joined: 5, ended: 30, "c1", "a1");

        AssertFound(Promise.OneOrder, "no order agrees", isQuiet: true);
    }

    [Fact]
    public void Check_FindsAReversal_WhenOneWasAcceptedBeforeTheOtherWasSent()
    {
        Send("a1", 10, acknowledged: 11);
        Send("b1", 12, acknowledged: 13);
        Member(Ann, joined: 5, "b1", "a1");

        AssertFound(Promise.OrderOfSending, "after 'b1'", isQuiet: true);
    }

    [Fact]
    public void Check_FindsAReversal_OfOneWebSocket()
    {
        _channel.Send(new Publication("a1", At(10)) { OrderedSender = "a", Number = 1 });
        _channel.Send(new Publication("a2", At(10)) { OrderedSender = "a", Number = 2 });
        Member(Ann, joined: 5, "a2", "a1");

        AssertFound(Promise.OrderOfSending, "of a WebSocket", isQuiet: true);
    }

    [Fact]
    public void Check_FindsWhatNobodySent()
    {
        Member(Ann, joined: 5, "a1");

        AssertFound(Promise.OnlyWhatWasSent, "nobody sent", isQuiet: true);
    }

    [Fact]
    public void Check_FindsAnothersSid()
    {
        _channel.Send(new Publication("a1", At(10)) { Sid = "ann's" });
        _channel.Deliver(Member(Ann, joined: 5), "a1", "bob's", At(20));

        AssertFound(Promise.OnlyWhatWasSent, "instead of ann's", isQuiet: true);
    }

    [Fact]
    public void Check_FindsTheEffectOfARefusedWrite()
    {
        _channel.Refuse(Send("a1", 10));
        Member(Ann, joined: 5, "a1");

        AssertFound(Promise.RefusedIsRefused, "'a1'", isQuiet: true);
    }

    [Fact]
    public void Check_FindsWhatWasAcceptedBeforeTheJoin()
    {
        Send("a1", 10, acknowledged: 11);
        Member(Ann, joined: 15, "a1");

        AssertFound(Promise.NothingFromBefore, "before it joined", isQuiet: true);
    }

    [Fact]
    public void Check_FindsAnEventForSomebodyElse_AndMissesNoneOfOnesOwn()
    {
        _channel.Send(new Publication("account", At(10)) { Audience = new Audience("acme", null), AcknowledgedAt = At(11) });
        _channel.Send(new Publication("owner", At(12)) { Audience = new Audience(null, "ann"), AcknowledgedAt = At(13) });
        Member(Ann, joined: 5, "account", "owner");
        Member(Bob, joined: 5, "account");
        var eve = Member(Eve, joined: 5);
        Assert.Empty(HistoryChecker.Check(_channel, isQuiet: true));

        _channel.Deliver(eve, "owner", "", At(20));

        AssertFound(Promise.Permissions, "Eve", isQuiet: true);
    }

    private static TimeSpan At(double seconds) => TimeSpan.FromSeconds(seconds);

    private Publication Send(string id, double sent, double? acknowledged = null)
    {
        var publication = _channel.Send(new Publication(id, At(sent)));
        if (acknowledged is { } at)
        {
            _channel.Acknowledge(publication, At(at));
        }

        return publication;
    }

    private Membership Member(Person person, double joined, params string[] read) => Member(person, joined, null, read);

    private Membership Member(Person person, double joined, double? ended, params string[] read)
    {
        var name = $"{char.ToUpperInvariant(person.UserId[0])}{person.UserId[1..]}";
        var membership = _channel.Join(new Membership(name, person, At(joined - 0.1), At(joined)));
        foreach (var (id, place) in read.Select(static (id, place) => (id, place)))
        {
            _channel.Deliver(membership, id, "", At(20 + (place / 1000.0)));
        }

        if (ended is { } at)
        {
            _channel.End(membership, At(at));
        }

        return membership;
    }

    private void AssertFound(Promise promise, string text, bool isQuiet, params Promise[] others)
    {
        var found = HistoryChecker.Check(_channel, isQuiet);
        Assert.Contains(found, violation => violation.Promise == promise && violation.Text.Contains(text, StringComparison.Ordinal));
        Assert.DoesNotContain(found, violation => violation.Promise != promise && !others.Contains(violation.Promise));
    }
}
