using Microsoft.Extensions.Logging.Abstractions;
using Realtime.Documents;

namespace Realtime.Tests.Documents;

/// <summary>How a gateway can see from what it is told whether it has missed anything.</summary>
public sealed class RepositoryAnnouncerTests
{
    private readonly RepositoryCluster.RecordingInboxes _inboxes = new();
    private readonly RepositoryCluster.SettableRoster _roster = new();
    private readonly DocumentOptions _options = new() { OutboxChanges = 40, OutboxBytes = 4000 };
    private readonly RepositoryAnnouncer _announcer;

    public RepositoryAnnouncerTests() => _announcer = new RepositoryAnnouncer(
        RepositoryKey.Create("db", "x_760_"), _inboxes, _roster, TimeProvider.System, _options, NullLogger.Instance);

    [Fact]
    public void Events_FollowOnEachOther_WhateverLiesBetween()
    {
        _announcer.StartAt(5);
        var reply = State("g", "A");

        Announce(6, "A");
        Announce(7, "B", "B");
        Announce(9, "B", "A");

        Assert.Equal((5, false), (reply.Position, reply.NeedsWhole));
        Assert.Equal(["(5,6] 6", "(6,10] 10"], Heard("g"));
    }

    [Fact]
    public void Gateway_ThatHasNothingToHear_IsToldThePositionNowAndThen()
    {
        State("g", "A");

        for (var position = 1; position <= 25; position++)
        {
            Announce(position, "B");
        }

        Assert.Equal(["(0,10] ", "(10,20] "], Heard("g"));
        _announcer.Mark();
        _announcer.Mark();
        Assert.Equal("(20,25] ", Heard("g")[^1]);
        Assert.Equal(3, Heard("g").Count);
    }

    [Fact]
    public void Gateway_ThatHasNothingToHear_IsToldThePosition_WhenTheChangesAreLarge()
    {
        State("g", "A");

        _announcer.Announce([Change(1, "B", 500)]);
        _announcer.Announce([Change(2, "B", 600)]);

        Assert.Equal(["(0,2] "], Heard("g"));
    }

    [Fact]
    public void ChangesOfAnotherActivation_LeaveAGap_ThatEveryGatewaySees()
    {
        State("reader", "A");
        State("other", "C");

        Announce(1, "A");
        Announce(4, "A");

        Assert.Equal(["(0,1] 1", "(3,4] 4"], Heard("reader"));
        Assert.Equal(["(3,4] "], Heard("other"));
    }

    [Fact]
    public void ChangesThatWereFoundInTheStore_AreAGap_AndNotAnnouncedAgain()
    {
        State("g", "A");

        _announcer.SkipTo(3);
        Announce(3, "A", "A");

        Assert.Equal(["(3,3] ", "(3,4] 4"], Heard("g"));
        Assert.Equal(4, _announcer.Position);
    }

    [Fact]
    public void FirstChange_IntroducesTheActivation_ToThoseItDoesNotKnow()
    {
        _roster.Live = ["known", "unknown"];
        State("known", "C");

        Announce(1, "A");
        Announce(2, "A");

        Assert.Empty(Heard("known"));
        var introduction = Assert.Single(_inboxes.EventsOf("unknown"));
        Assert.Equal((true, 1, 1, true), (introduction.IsIntroduction, introduction.After, introduction.UpTo, introduction.Changes.IsEmpty));
    }

    [Fact]
    public void End_IsToldToThoseThatHaveMembers()
    {
        _roster.Live = ["known", "unknown"];
        State("known", "C");

        _announcer.Stop();

        Assert.True(Assert.Single(_inboxes.EventsOf("known")).IsIntroduction);
        Assert.Empty(_inboxes.EventsOf("unknown"));
    }

    [Fact]
    public void WholeStatement_BeginsTheGatewaysEventsAnew()
    {
        State("g", "A");
        Announce(1, "B", "B");

        var reply = State("g", "A", version: 2);
        Announce(3, "A");

        Assert.Equal(2, reply.Position);
        Assert.Equal(["(2,3] 3"], Heard("g"));
    }

    private RepositoryMembershipReply State(string gateway, string account, long version = 1) =>
        _announcer.State(new RepositoryMembership(gateway, version, IsWhole: true, 1, [Audience.OfAccount(account)], []));

    private void Announce(long first, params string[] accounts) =>
        _announcer.Announce(accounts.Select((account, i) => Change(first + i, account, 2)));

    private static WrittenDocument Change(long position, string account, int bytes) =>
        new(position, ChangeKind.Created, account, "owner", new byte[bytes]);

    private List<string> Heard(string gateway) => [.. _inboxes.EventsOf(gateway).Select(sent =>
        $"({sent.After},{sent.UpTo}] {string.Join(' ', sent.Changes.Select(change => change.Position))}")];
}
