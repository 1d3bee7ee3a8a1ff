using Realtime.Sessions;
using Realtime.Tests.Infrastructure;
using static Realtime.Tests.Sessions.TestSession;

namespace Realtime.Tests.Sessions;

/// <summary>What a client that has come back is given of its session (protocol 1.9).</summary>
[Collection(typeof(OnGrainCluster))]
public sealed class SessionTakeTests(GrainCluster fixture)
{
    [Fact]
    public async Task Take_BringsWhatTheHolderKnows_AndItHoldsTheSessionNoMore()
    {
        var session = await NewAsync(fixture);
        var (former, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        await session.HoldAsync(former, Record(update: 1));
        former.ReleaseSession = sid => Task.FromResult(sid == session.Sid ? Record(update: 3, replies: ["a"]) : null);
        next.Post = static (_, _) => PostOutcome.Accepted;

        var taken = await session.TakeAsync(next);

        Assert.Equal((2, 3), (taken!.Generation, taken.Update));
        Assert.Equal(["a"], Texts(taken));
        Assert.Equal(PostOutcome.Accepted, await session.Grain.PostAsync(Post));
        Assert.Equal(SaveOutcome.NotHolder, await session.Grain.SaveAsync(1, new SessionUpdate(4)));
        Assert.Equal(SaveOutcome.NotHolder, await session.HoldAsync(former, Record(update: 4)));
        Assert.Equal(SaveOutcome.Saved, await session.Grain.SaveAsync(2, new SessionUpdate(4)));
    }

    [Fact]
    public async Task Take_BringsWhatWasSaved_WhenTheHolderIsLost()
    {
        var session = await NewAsync(fixture);
        var (lost, next) = (session.NewLostGateway(), await session.NewGatewayAsync());
        await session.HoldAsync(lost, Record(update: 1));
        await session.Grain.SaveAsync(1, new SessionUpdate(2) { Joined = [Membership(2, 1, 5)], Replies = [Reply("joined")] });

        var taken = await session.TakeAsync(next);

        Assert.Equal((2, 2), (taken!.Generation, taken.Update));
        Assert.Equal(["room1", "room2"], taken.Memberships.Select(static membership => membership.Name));
        Assert.Equal(["joined"], Texts(taken));
    }

    [Fact]
    public async Task Take_WaitsASecondForAFrozenHolder_AndBringsWhatItSavedMeanwhile()
    {
        var session = await NewAsync(fixture);
        var (frozen, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        await session.HoldAsync(frozen, Record(update: 1));

        var taken = await session.TakeFromFrozenAsync(next, frozen, async () =>
            Assert.Equal(SaveOutcome.Saved, await session.Grain.SaveAsync(1, new SessionUpdate(2) { Replies = [Reply("late")] })));

        Assert.Equal((2, 2), (taken!.Generation, taken.Update));
        Assert.Equal(["late"], Texts(taken));
        Assert.Equal(SaveOutcome.NotHolder, await session.Grain.SaveAsync(1, new SessionUpdate(3)));
    }

    [Fact]
    public async Task Take_FindsNothing_WhenTheSessionHasEndedAtItsHolder()
    {
        var session = await NewAsync(fixture);
        var (former, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        await session.HoldAsync(former, Record());

        Assert.Null(await session.TakeAsync(next));
        Assert.Equal(SaveOutcome.NeedsWhole, await session.Grain.SaveAsync(1, new SessionUpdate(2)));
    }

    [Fact]
    public async Task Take_FindsNothing_WhenAStatementOfTheSessionComesWhileItIsSearchedFor_AndItHasEndedAtItsHolder()
    {
        var session = await NewAsync(fixture);
        var (former, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        former.ReleaseSession = async _ =>
        {
            await session.HoldAsync(former, Record());
            return null;
        };

        Assert.Null(await session.TakeAsync(next));
        Assert.Equal(SaveOutcome.NeedsWhole, await session.Grain.SaveAsync(1, new SessionUpdate(2)));
    }

    [Fact]
    public async Task Take_BringsTheSessionAgain_WhenItsTakerNeverGotIt()
    {
        var session = await NewAsync(fixture);
        var (lost, taker, next) = (session.NewLostGateway(), await session.NewGatewayAsync(), await session.NewGatewayAsync());
        await session.HoldAsync(lost, Record(update: 1, replies: ["a"]));
        await session.TakeAsync(taker);

        var again = await session.TakeAsync(next);

        Assert.Equal(3, again!.Generation);
        Assert.Equal(["a"], Texts(again));
    }

    [Fact]
    public async Task Take_FindsTheLatestHolder_WhenTheGrainsMemoryIsGone()
    {
        var session = await NewAsync(fixture);
        var (former, holder, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync(), await session.NewGatewayAsync());
        await session.HoldAsync(holder, Record(generation: 5, update: 9));
        former.ReleaseSession = static _ => Task.FromResult<SessionRecord?>(Record(generation: 4, update: 12));
        holder.ReleaseSession = static _ => Task.FromResult<SessionRecord?>(Record(generation: 5, update: 10));
        await session.DeactivateAsync();

        var taken = await session.TakeAsync(next);

        Assert.Equal((6, 10), (taken!.Generation, taken.Update));
        Assert.Equal(SaveOutcome.NotHolder, await session.Grain.SaveAsync(5, new SessionUpdate(11)));
    }

    [Fact]
    public async Task Take_IsUndecided_WhileAGatewayThatMayHaveTheSessionDoesNotAnswer()
    {
        var session = await NewAsync(fixture);
        var (frozen, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => session.TakeFromFrozenAsync(next, frozen));
        frozen.ReleaseSession = static _ => Task.FromResult<SessionRecord?>(null);
        Assert.Null(await session.TakeAsync(next));
    }

    [Fact]
    public async Task Save_NeedsTheWhole_WhenSomethingIsMissing_AndAnOvertakenStatementChangesNothing()
    {
        var session = await NewAsync(fixture);
        var (holder, next) = (session.NewLostGateway(), await session.NewGatewayAsync());
        var first = await session.Grain.SaveAsync(1, new SessionUpdate(1));
        await session.HoldAsync(holder, Record(update: 1));

        var gap = await session.Grain.SaveAsync(1, new SessionUpdate(3));
        var next2 = await session.Grain.SaveAsync(1, new SessionUpdate(2) { Replies = [Reply("a")] });
        var overtaken = await session.HoldAsync(holder, Record(update: 1));

        Assert.Equal((SaveOutcome.NeedsWhole, SaveOutcome.NeedsWhole), (first, gap));
        Assert.Equal((SaveOutcome.Saved, SaveOutcome.Saved), (next2, overtaken));
        Assert.Equal(["a"], Texts((await session.TakeAsync(next))!));
    }

    [Fact]
    public async Task End_ForgetsTheSession_UnlessAnotherGatewayHasTakenIt()
    {
        var session = await NewAsync(fixture);
        var (lost, next) = (session.NewLostGateway(), await session.NewGatewayAsync());
        await session.HoldAsync(lost, Record());
        var taken = await session.TakeAsync(next);

        await session.Grain.EndAsync(1);
        var afterTheFormers = await session.Grain.SaveAsync(2, new SessionUpdate(taken!.Update + 1));
        await session.Grain.EndAsync(2);
        var afterItsOwn = await session.Grain.SaveAsync(2, new SessionUpdate(taken.Update + 2));

        Assert.Equal((SaveOutcome.Saved, SaveOutcome.NeedsWhole), (afterTheFormers, afterItsOwn));
    }
}
