using Realtime.Channels;
using Realtime.Gateways;

namespace Realtime.Tests.Channels;

public sealed class ChannelPastTests
{
    private const long Now = 9;

    [Fact]
    public void Merge_LeavesOutTheAskingEpoch()
    {
        var past = ChannelPast.Merge([Tail(new(Now, 1), TestPublications.At(1, 1, "one"), TestPublications.At(Now, 1, "two"))], Now)!;

        Assert.Equal(["one"], past.Publications.Texts());
    }

    [Fact]
    public void Merge_OfGatewaysThatKnowNothing_IsNoPast() =>
        Assert.Null(ChannelPast.Merge([Tail(default), Tail(default)], Now));

    [Fact]
    public void Merge_OfAChannelInWhichNobodyHasSpoken_ContinuesWhereItsMembersJoined()
    {
        var past = ChannelPast.Merge([Tail(new(1, 0)), Tail(default), Tail(new(1, 0))], Now)!;

        Assert.Empty(past.Publications);
        Assert.Equal(new(1, 0), past.End);
    }

    [Fact]
    public void Merge_TakesWhatAnyGatewayHas()
    {
        var past = ChannelPast.Merge(
        [
            Tail(new(1, 2), TestPublications.At(1, 1, "one", "two")),
            Tail(new(1, 4), TestPublications.At(1, 2, "two"), TestPublications.At(1, 3, "three", "four")),
        ], Now)!;

        Assert.Equal(new(1, 0), past.Base);
        Assert.Equal(["one", "two", "three", "four"], past.Publications.Texts());
        Assert.Equal(new(1, 4), past.End);
    }

    [Fact]
    public void Merge_AppendsWhatWasAcceptedAndNeverDelivered()
    {
        var past = ChannelPast.Merge(
        [
            Tail(new(1, 1), TestPublications.At(1, 1, "one")),
            Tail(default, TestPublications.At(1, 2, "accepted")),
        ], Now)!;

        Assert.Equal(["one", "accepted"], past.Publications.Texts());
    }

    [Fact]
    public void Merge_ClosesUp_OverWhatWasNeitherDeliveredNorAccepted()
    {
        var past = ChannelPast.Merge(
        [
            Tail(new(1, 1), TestPublications.At(1, 1, "one")),
            Tail(default, TestPublications.At(1, 3, "accepted")),
        ], Now)!;

        Assert.Equal(["one", "accepted"], past.Publications.Texts());
        Assert.Equal(new(1, 1), past.Publications[1].Previous);
    }

    [Fact]
    public void Merge_ClosesNoHole_ThatAShareMayHaveHadNoRoomFor()
    {
        var served = Tail(new(1, 1), TestPublications.At(1, 1, "one"));
        var cut = Tail(default, TestPublications.At(1, 3, "accepted")) with { IsCut = true };

        Assert.Null(ChannelPast.Merge([served, cut], Now));
        Assert.NotNull(ChannelPast.Merge([served with { IsCut = true }, cut with { IsCut = false }], Now));
    }

    [Fact]
    public void Merge_ClosesNoHole_ThatAShareHadToForget()
    {
        var served = Tail(new(1, 2), TestPublications.At(1, 1, "one", "two"));
        var accepted = Tail(default, TestPublications.At(1, 4, "accepted"));

        Assert.Null(ChannelPast.Merge([served, accepted with { LacksUpTo = new(1, 3) }], Now));
        Assert.NotNull(ChannelPast.Merge([served, accepted with { LacksUpTo = new(1, 2), IsCut = true }], Now));
    }

    [Fact]
    public void Merge_IsNoPast_WhenItsEndHadToBeForgotten()
    {
        var served = Tail(new(1, 2), TestPublications.At(1, 1, "one", "two"));

        Assert.Null(ChannelPast.Merge([served, Tail(default) with { LacksUpTo = new(1, 3) }], Now));
        Assert.NotNull(ChannelPast.Merge([served, Tail(default) with { LacksUpTo = new(1, 2) }], Now));
    }

    [Fact]
    public void Merge_TakesTheOrderThatWasJoinedUp_WhoeverTellsItFirst()
    {
        ChannelTail[] tails =
        [
            Tail(new(2, 1), TestPublications.At(1, 1, "one"), TestPublications.At(2, 1, "two") with { Sequence = 2 }),
            Tail(new(2, 1), TestPublications.After(new(1, 1), 2, 1, "two") with { Sequence = 2 }),
        ];

        Assert.Equal(["one", "two"], ChannelPast.Merge(tails, Now)!.Publications.Texts());
        Assert.Equal(["one", "two"], ChannelPast.Merge([.. tails.Reverse()], Now)!.Publications.Texts());
    }

    [Fact]
    public void Merge_BeginsAnew_WhereAPublicationWasOrderedAgain()
    {
        // The second epoch knew nothing of the first; who stands in that can't be told what became of its order.
        var past = ChannelPast.Merge(
        [
            Tail(new(1, 5), TestPublications.At(1, 5, "five")),
            Tail(default, TestPublications.At(2, 1, "five") with { Sequence = 5 }),
        ], Now)!;

        Assert.Equal(["five"], past.Publications.Texts());
        Assert.Equal(new(2, 0), past.Base);
    }

    [Fact]
    public void Merge_BeginsWhereSomebodyStands_WhenNobodyRemembersIt()
    {
        var past = ChannelPast.Merge(
        [
            Tail(new(1, 1), TestPublications.At(1, 1, "one")),
            Tail(new(1, 3)),
            Tail(default, TestPublications.At(1, 5, "accepted")),
        ], Now)!;

        Assert.Equal(["accepted"], past.Publications.Texts());
        Assert.Equal(new(1, 3), past.Base);
    }

    [Fact]
    public void Merge_BeginsAnew_WhereSomethingDeliveredIsForgotten()
    {
        // The second gateway was served 2, which nobody has any more: who stands at 1 can't be helped.
        var past = ChannelPast.Merge(
        [
            Tail(new(1, 1), TestPublications.At(1, 1, "one")),
            Tail(new(1, 3), TestPublications.At(1, 3, "three")),
        ], Now)!;

        Assert.Equal(["three"], past.Publications.Texts());
        Assert.Equal(new(1, 2), past.Base);
    }

    [Fact]
    public void Covers_TellsWhetherEverybodyCanBeHelped()
    {
        ChannelTail[] tails = [Tail(new(1, 1)), Tail(new(1, 4), TestPublications.At(1, 3, "three", "four"))];

        Assert.False(ChannelPast.Merge(tails, Now)!.Covers(tails));
        Assert.True(ChannelPast.Merge(tails[1..], Now)!.Covers(tails[1..]));
    }

    [Fact]
    public void Merge_OfAQuietChannel_IsWhereItsMembersStand()
    {
        var past = ChannelPast.Merge([Tail(new(1, 6)), Tail(new(1, 7))], Now)!;

        Assert.Empty(past.Publications);
        Assert.Equal(new(1, 7), past.Base);
        Assert.Equal(new(1, 7), past.End);
    }

    [Fact]
    public void Merge_KeepsTheOrderOfSeveralEpochs()
    {
        var past = ChannelPast.Merge(
        [
            Tail(new(2, 1), TestPublications.At(1, 4, "four"), TestPublications.After(new(1, 4), 2, 1, "five")),
            Tail(new(1, 3), TestPublications.At(1, 3, "three")),
        ], Now)!;

        Assert.Equal(["three", "four", "five"], past.Publications.Texts());
        Assert.Equal(new(2, 1), past.End);
    }

    private static ChannelTail Tail(ChannelPosition served, params ChannelPublications[] recent) =>
        new(served == default ? 0 : 1, served, [.. recent]);
}
