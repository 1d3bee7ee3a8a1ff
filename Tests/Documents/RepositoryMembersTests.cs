using Realtime.Documents;

namespace Realtime.Tests.Documents;

public sealed class RepositoryMembersTests
{
    private static readonly Audience A = Audience.OfAccount("A");
    private static readonly Audience B = Audience.OfAccount("B");

    private readonly RepositoryMembers _members = new();

    [Fact]
    public void Differences_AddAndRemoveAudiences()
    {
        Apply(1, false, 2, [A, B], []);
        Apply(2, false, 1, [], [A]);

        Assert.Empty(_members.Route([Change(1, A)]));
        Assert.Equal("g", Assert.Single(_members.Route([Change(1, B)])).Gateway);
        Assert.Equal(1, _members.Count((_, _) => true));
    }

    [Theory]
    [InlineData(1, true, true)]
    [InlineData(1, false, true)]
    [InlineData(5, true, true)]
    [InlineData(5, false, false)]
    public void FirstStatement_IsUnderstood_WhenItIsWholeOrTheFirst(long version, bool isWhole, bool isUnderstood) =>
        Assert.Equal(isUnderstood, Apply(version, isWhole, 1, [A], []));

    [Fact]
    public void Statement_IsTakenInOnce_WhenItsCallIsRepeated()
    {
        Apply(1, false, 1, [A], []);
        Apply(2, false, 1, [B], [A]);

        var repeated = Apply(2, false, 1, [B], [A]);
        var overtaken = Apply(1, false, 1, [A], []);
        var gap = Apply(4, false, 1, [A], []);

        Assert.Equal((true, false, false), (repeated, overtaken, gap));
        Assert.Empty(_members.Route([Change(1, A)]));
    }

    [Fact]
    public void Whole_ReplacesWhatWasKnown()
    {
        Apply(1, false, 1, [A], []);

        Apply(7, true, 1, [B], []);

        Assert.Empty(_members.Route([Change(1, A)]));
        Assert.Single(_members.Route([Change(1, B)]));
    }

    [Fact]
    public void NoMembers_EndTheSubscription()
    {
        Apply(1, false, 1, [A], []);

        Apply(2, false, 0, [], [A]);

        Assert.True(_members.IsEmpty);
        Assert.Empty(_members.Route([Change(1, A)]));
    }

    [Fact]
    public void NoMembers_StayNone_WhenAnEarlierStatementComesLater()
    {
        Apply(1, true, 1, [A], []);
        Apply(3, false, 0, [], [A]);
        Apply(4, true, 0, [], []);

        Apply(2, true, 1, [A], []);

        Assert.True(_members.IsEmpty);
        Assert.True(Apply(5, true, 1, [A], []));
        Assert.False(_members.IsEmpty);
    }

    [Fact]
    public void DeadGateways_AreDropped()
    {
        Apply(1, false, 1, [A, Audience.Root], []);

        _members.Prune((_, _) => false);

        Assert.True(_members.IsEmpty);
        Assert.Empty(_members.Route([Change(1, A)]));
    }

    [Fact]
    public void Route_KeepsTheOrder_AndBundlesPerGateway()
    {
        Apply(1, false, 1, [A, Audience.Root], []);

        var routes = _members.Route([Change(1, A), Change(2, B), Change(3, A)]).ToList();

        Assert.Equal([1, 2, 3], Assert.Single(routes).Changes.Select(change => change.Position));
    }

    private static DocumentChange Change(long position, Audience audience) =>
        new(position, ChangeKind.Created, audience, "{}"u8.ToArray());

    private bool Apply(long version, bool isWhole, int members, Audience[] added, Audience[] removed) =>
        _members.Apply(
            new RepositoryMembership("g", version, isWhole, members, [.. added], [.. removed]), DateTimeOffset.UnixEpoch, 0, 0);
}
