using Realtime.Sessions;
using Realtime.Tests.Infrastructure;
using static Realtime.Tests.Sessions.TestSession;

namespace Realtime.Tests.Sessions;

/// <summary>How long a session's grain keeps what nobody tells it the end of.</summary>
[Collection(typeof(OnGrainCluster))]
public sealed class SessionLifetimeTests(GrainCluster fixture)
{
    // The window, five minutes, and a check.
    private static readonly TimeSpan Bound = TimeSpan.FromMinutes(6.5);

    [Fact]
    public async Task Session_IsForgotten_WhenItsHolderHoldsItNoMore_ThoughItsFarewellWasLost()
    {
        var session = await NewAsync(fixture);
        var holder = await session.NewGatewayAsync();
        holder.HoldsSession = static (_, _) => false;
        holder.Post = static (_, _) => PostOutcome.Accepted;
        await session.HoldAsync(holder, Record());

        await PassAsync(session, holder, TimeSpan.FromMinutes(5));
        var before = await session.Grain.SaveAsync(1, new SessionUpdate(2));
        await PassUntilForgottenAsync(session, holder);

        Assert.Equal((SaveOutcome.Saved, SaveOutcome.NeedsWhole), (before, await session.Grain.SaveAsync(1, new SessionUpdate(3))));
    }

    [Fact]
    public async Task Session_IsForgotten_WhenItsTakerNeverGotIt_AndItsClientNeverCameBack()
    {
        var session = await NewAsync(fixture);
        var (lost, taker, next) = (session.NewLostGateway(), await session.NewGatewayAsync(), await session.NewGatewayAsync());
        taker.HoldsSession = static (_, _) => false;
        await session.HoldAsync(lost, Record());
        await session.TakeAsync(taker);

        await PassUntilForgottenAsync(session, taker);

        Assert.Null(await session.TakeAsync(next));
    }

    [Fact]
    public async Task Session_IsKept_WhileItsHolderHoldsThatGeneration()
    {
        var session = await NewAsync(fixture);
        var holder = await session.NewGatewayAsync();
        var asked = 0;
        holder.HoldsSession = (sid, generation) =>
        {
            asked++;
            return sid == session.Sid && generation == 3;
        };
        await session.HoldAsync(holder, Record(generation: 3));

        await PassAsync(session, holder, Bound * 3);

        Assert.InRange(asked, 2, 3);
        Assert.Equal(SaveOutcome.Saved, await session.Grain.SaveAsync(3, new SessionUpdate(2)));
        await session.Grain.EndAsync(3);
    }

    [Fact]
    public async Task Session_IsKept_WhenItsHolderIsOnlySlowToAnswer()
    {
        var session = await NewAsync(fixture);
        var holder = await session.NewGatewayAsync();
        holder.HoldsSession = static (_, _) => throw new TimeoutException("frozen");
        await session.HoldAsync(holder, Record());

        await PassAsync(session, holder, Bound);

        Assert.Equal(SaveOutcome.Saved, await session.Grain.SaveAsync(1, new SessionUpdate(2)));
        await session.Grain.EndAsync(1);
    }

    /// <summary>Lets as much time pass as is needed, and more where the gateway's answer is overtaken by the time that passes.</summary>
    private async Task PassUntilForgottenAsync(TestSession session, TestGateway gateway)
    {
        await PassAsync(session, gateway, Bound);
        await Eventually.TrueAsync(
            async () =>
            {
                await PassAsync(session, gateway, TimeSpan.FromSeconds(5));

                // Of no generation of a session: it changes nothing.
                return await session.Grain.SaveAsync(0, new SessionUpdate(1)) == SaveOutcome.NeedsWhole;
            },
            "the session to be forgotten",
            Eventually.Bound);
    }

    /// <summary>Lets time pass in which the gateway stays registered and the grain makes its checks.</summary>
    private async Task PassAsync(TestSession session, TestGateway gateway, TimeSpan time)
    {
        for (var passed = TimeSpan.Zero; passed < time; passed += TimeSpan.FromSeconds(5))
        {
            fixture.Time.Advance(TimeSpan.FromSeconds(5));
            await session.RegisterAsync(gateway);

            // Comes after a check that has begun, and changes nothing.
            await session.Grain.EndAsync(-1);
        }
    }
}
