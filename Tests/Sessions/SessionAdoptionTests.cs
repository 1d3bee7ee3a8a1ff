using Realtime.Sessions;
using Realtime.Tests.Infrastructure;
using static Realtime.Tests.Sessions.TestSession;

namespace Realtime.Tests.Sessions;

/// <summary>What becomes of a session when the gateway that held it is gone (protocol 1.9).</summary>
[Collection(typeof(OnGrainCluster))]
public sealed class SessionAdoptionTests(GrainCluster fixture)
{
    [Fact]
    public async Task Post_ReachesAnotherGateway_WhenTheHolderHasLeft()
    {
        var session = await NewAsync(fixture);
        var (former, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        var adopted = Adopter(session, next);
        await session.HoldAsync(former, Record(update: 1, replies: ["a"]));
        await session.Grain.LeaveAsync(1);

        var outcome = await session.Grain.PostAsync(Post);
        var late = await session.Grain.SaveAsync(1, new SessionUpdate(2));

        var record = await adopted.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        Assert.Equal((PostOutcome.Accepted, SaveOutcome.NotHolder), (outcome, late));
        Assert.Equal((2, 1), (record.Generation, record.Update));
        Assert.Equal(["a"], Texts(record));
        Assert.Equal(SaveOutcome.Saved, await session.Grain.SaveAsync(2, new SessionUpdate(2)));
    }

    [Fact]
    public async Task Post_IsRefusedForAMoment_WhenTheHolderIsLost_UntilItsLeaseIsOver()
    {
        var session = await NewAsync(fixture);
        var lost = session.NewLostGateway();
        await session.RegisterAsync(lost);
        await session.HoldAsync(lost, Record());

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => session.Grain.PostAsync(Post).AsTask());
        fixture.Time.Advance(TimeSpan.FromSeconds(16));
        var next = await session.NewGatewayAsync();
        Adopter(session, next);

        await Eventually.TrueAsync(
            async () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                await session.RegisterAsync(next);
                try
                {
                    return await session.Grain.PostAsync(Post) == PostOutcome.Accepted;
                }
                catch (TemporarilyUnavailableException)
                {
                    return false;
                }
            },
            "the session to be held again");
    }

    [Fact]
    public async Task Session_IsHeldByAnotherGatewaySoon_WhenTheHolderHasLeft()
    {
        var session = await NewAsync(fixture);
        var (former, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        var adopted = Adopter(session, next);
        await session.HoldAsync(former, Record());
        await session.Grain.LeaveAsync(1);

        fixture.Time.Advance(TimeSpan.FromSeconds(5));

        var record = await adopted.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        Assert.Equal(2, record.Generation);
    }

    [Fact]
    public async Task Session_IsHeldByAnotherGateway_WhenTheHoldersLeaseIsOver()
    {
        var session = await NewAsync(fixture);
        var (lost, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        var adopted = Adopter(session, next);
        await session.HoldAsync(lost, Record());

        await Eventually.TrueAsync(
            async () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                await session.RegisterAsync(next);
                return adopted.Task.IsCompleted;
            },
            "another gateway to hold the session");

        // It may have been offered before, without an answer in time.
        Assert.InRange((await adopted.Task).Generation, 2, 10);
    }

    [Fact]
    public async Task Session_IsOfferedToAnother_WithANewGeneration_WhenAGatewayTakesNoMore()
    {
        var session = await NewAsync(fixture);
        var former = await session.NewGatewayAsync();
        var generations = new List<long>();
        foreach (var gateway in new[] { await session.NewGatewayAsync(), await session.NewGatewayAsync() })
        {
            gateway.AdoptSession = (sid, record) =>
            {
                if (sid != session.Sid)
                {
                    return false;
                }

                generations.Add(record.Generation);
                return generations.Count == 2;
            };
            gateway.Post = static (_, _) => PostOutcome.Accepted;
        }

        await session.HoldAsync(former, Record());
        await session.Grain.LeaveAsync(1);

        Assert.Equal(PostOutcome.Accepted, await session.Grain.PostAsync(Post));
        Assert.Equal([2, 3], generations);
        Assert.Equal(SaveOutcome.NotHolder, await session.Grain.SaveAsync(2, new SessionUpdate(2)));
    }

    [Fact]
    public async Task Session_IsForgotten_WhenNobodyHeldItForTheWindow()
    {
        var session = await NewAsync(fixture);
        var former = await session.NewGatewayAsync();
        await session.HoldAsync(former, Record());
        await session.Grain.LeaveAsync(1);

        fixture.Time.Advance(TimeSpan.FromSeconds(61));
        var next = await session.NewGatewayAsync();

        Assert.Null(await session.TakeAsync(next));
        Assert.Equal(PostOutcome.UnknownSession, await session.Grain.PostAsync(Post));
    }

    [Fact]
    public async Task Session_IsGivenToAGateway_WhenItsSiloStopsAndNobodyElseHasIt()
    {
        var session = await NewAsync(fixture);
        var (former, next) = (await session.NewGatewayAsync(), await session.NewGatewayAsync());
        var adopted = Adopter(session, next);
        await session.HoldAsync(former, Record(replies: ["a"]));
        await session.Grain.LeaveAsync(1);

        await session.DeactivateAsync();

        Assert.True(adopted.Task.IsCompleted);
        Assert.Equal(["a"], Texts(await adopted.Task));
    }

    [Fact]
    public async Task Holder_StatesItself_WhenItWasThoughtLost()
    {
        var session = await NewAsync(fixture);
        var holder = await session.NewGatewayAsync();
        await session.HoldAsync(holder, Record());
        holder.Post = static (_, _) => PostOutcome.Accepted;

        await Eventually.TrueAsync(
            async () =>
            {
                fixture.Time.Advance(TimeSpan.FromSeconds(1));
                try
                {
                    return await session.Grain.PostAsync(Post) != PostOutcome.Accepted;
                }
                catch (TemporarilyUnavailableException)
                {
                    return true;
                }
            },
            "the holder to be missed");

        Assert.Equal(SaveOutcome.NeedsWhole, await session.Grain.SaveAsync(1, new SessionUpdate(2)));
        Assert.Equal(SaveOutcome.Saved, await session.HoldAsync(holder, Record(update: 2)));
        Assert.Equal(SaveOutcome.Saved, await session.Grain.SaveAsync(1, new SessionUpdate(3)));
    }

    /// <summary>Has a gateway take this session; those of other tests may be offered to it, too.</summary>
    private static TaskCompletionSource<SessionRecord> Adopter(TestSession session, TestGateway gateway)
    {
        var adopted = new TaskCompletionSource<SessionRecord>(TaskCreationOptions.RunContinuationsAsynchronously);
        gateway.AdoptSession = (sid, record) => sid == session.Sid && adopted.TrySetResult(record);
        gateway.Post = static (_, _) => PostOutcome.Accepted;
        return adopted;
    }
}
