using Realtime.Channels;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;
using static Realtime.Tests.Channels.TestPublications;

namespace Realtime.Tests.Channels;

/// <summary>How an activation of a channel continues the order of one that was lost.</summary>
[Collection(typeof(OnGrainCluster))]
public sealed class ChannelRecoveryTests(GrainCluster fixture)
{
    private readonly ChannelScene _scene = new(fixture);

    [Fact]
    public async Task Members_OfALostActivation_GetWhatItHadAccepted_AndThenWhatIsNew()
    {
        var channel = await _scene.NewChannelAsync();
        var (behind, ahead) = (await _scene.NewGatewayAsync(), await _scene.NewGatewayAsync());
        behind.CollectTail = static (_, _) => new ChannelTail(2, new(7, 1), [TestPublications.At(7, 1, "one")]);
        ahead.CollectTail = static (_, _) => new ChannelTail(3, new(7, 2), [TestPublications.At(7, 1, "one", "two")]);

        var status = await channel.SetMembersAsync(behind.Id, 2, new ChannelPosition(7, 1));
        var receipt = await channel.PublishAsync(Batch(3, "three"));

        Assert.Equal(new(7, 2), status.Position);
        Assert.Equal(new(7, 2), receipt.Previous);
        Assert.Equal(["two", "three"], (await channel.ReadHistoryAsync(new(7, 1))).Publications!.Value.Texts());
        Assert.Equal(["three"], (await channel.ReadHistoryAsync(new(7, 2))).Publications!.Value.Texts());
        Assert.Equal(5, await channel.CountMembersAsync());
    }

    [Fact]
    public async Task Newcomers_ContinueTheOrderThatOthersKnowOf_WhenASiloWasLostLately()
    {
        var channel = await _scene.NewChannelAsync();
        var (newcomer, other) = (await _scene.NewGatewayAsync(), await _scene.NewGatewayAsync());
        other.CollectTail = static (_, _) => new ChannelTail(1, new(7, 1), [TestPublications.At(7, 1, "one")]);
        fixture.HasLostASilo = true;
        try
        {
            // Another activation may live, which a silo that has stopped led to.
            var status = await channel.SetMembersAsync(newcomer.Id, 1, default);

            Assert.Equal(new ChannelPosition(7, 1), status.Position);
            Assert.Equal(2, await channel.CountMembersAsync());
        }
        finally
        {
            fixture.HasLostASilo = false;
        }
    }

    [Fact]
    public async Task Members_GetWhatAGatewayHadAccepted_ThatCouldNotRenewItsLease()
    {
        // It lives, but its way to the directory led through the silo that was lost.
        var channel = await _scene.NewChannelAsync();
        var (member, lapsed) = (await _scene.NewGatewayAsync(), await _scene.NewGatewayAsync());
        member.CollectTail = static (_, _) => new ChannelTail(2, new(7, 1), [TestPublications.At(7, 1, "one")]);
        lapsed.CollectTail = static (_, _) => new ChannelTail(0, default, [TestPublications.At(7, 2, "two")]);
        fixture.Time.Advance(TimeSpan.FromSeconds(15));
        await member.RegisterAsync(_scene.Client);

        var status = await channel.SetMembersAsync(member.Id, 2, new ChannelPosition(7, 1));

        Assert.Equal(new(7, 2), status.Position);
        Assert.Equal(["two"], (await channel.ReadHistoryAsync(new(7, 1))).Publications!.Value.Texts());
    }

    [Fact]
    public async Task Members_BeginAnew_WhenAGatewayThatWasAskedInVainIsForgotten()
    {
        // What it alone had accepted would be missing from the past without a word.
        var channel = await _scene.NewChannelAsync();
        var (member, silent) = (await _scene.NewGatewayAsync(), await _scene.NewGatewayAsync());
        member.CollectTail = static (_, _) => new ChannelTail(2, new(7, 1), [TestPublications.At(7, 1, "one")]);
        silent.CollectTail = static (_, _) => throw new TimeoutException("It is frozen.");

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(() => _scene.InTimeAsync(StateAsync));
        fixture.Time.Advance(TimeSpan.FromSeconds(16));
        await member.RegisterAsync(_scene.Client);
        var status = await _scene.InTimeAsync(StateAsync);

        Assert.NotEqual(7, status.Position.Epoch);
        Assert.Null((await channel.ReadHistoryAsync(new(7, 1))).Publications);

        Task<ChannelStatus> StateAsync() => channel.SetMembersAsync(member.Id, 2, new ChannelPosition(7, 1)).AsTask();
    }

    [Fact]
    public async Task Publish_AfterALoss_KnowsWhatTheLostActivationHadOrdered()
    {
        var channel = await _scene.NewChannelAsync();
        (await _scene.NewGatewayAsync()).CollectTail = static (_, _) => new ChannelTail(1, new(7, 1), [TestPublications.At(7, 1, "one")]);

        var receipt = await channel.PublishAsync(Batch(1, "one", "two") with { IsRepeated = true });

        Assert.Equal(1, receipt.Skipped);
        Assert.Equal(["two"], (await channel.ReadHistoryAsync(new(7, 1))).Publications!.Value.Texts());
    }

    [Fact]
    public async Task Epoch_GoesBeyondALostOne_ThoughTheClockIsBehind()
    {
        var channel = await _scene.NewChannelAsync();
        var asked = new List<long>();
        var lost = new ChannelPosition(long.MaxValue / 2, 1);
        (await _scene.NewGatewayAsync()).CollectTail = (_, epoch) =>
        {
            asked.Add(epoch);
            return new ChannelTail(1, lost, []);
        };

        var receipt = await channel.PublishAsync(Batch(1, "one") with { KnownEpoch = lost.Epoch });

        Assert.True(receipt.Epoch > lost.Epoch);
        Assert.Equal(lost, receipt.Previous);
        Assert.Equal(receipt.Epoch, asked[^1]);
    }

    [Fact]
    public async Task Publish_AfterALoss_KnowsWhatTheGatewaysHadNoRoomFor()
    {
        var channel = await _scene.NewChannelAsync();
        (await _scene.NewGatewayAsync()).CollectTail = static (_, _) => new ChannelTail(1, new(7, 3), []) { Numbers = [new("publisher", 2)] };

        var receipt = await channel.PublishAsync(Batch(1, "one", "two", "three") with { IsRepeated = true });

        Assert.Equal(2, receipt.Skipped);
    }

    [Fact]
    public async Task Epoch_GoesBeyondALaterOne_ThoughSomethingWasPublishedInIt()
    {
        var channel = await _scene.NewChannelAsync();
        await channel.SetMembersAsync((await _scene.NewGatewayAsync()).Id, 1, default);
        var first = await channel.PublishAsync(Batch(1, "one"));
        var later = first.Epoch + (1L << 40);

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(
            async () => await channel.PublishAsync(Batch(2, "two") with { KnownEpoch = later }));
        var receipt = await channel.PublishAsync(Batch(2, "two") with { KnownEpoch = later });

        Assert.True(receipt.Epoch > later);
    }

    [Fact]
    public async Task Epoch_GoesBeyondALaterOne_ThatAGatewayKnows()
    {
        var channel = await _scene.NewChannelAsync();
        var later = DateTimeOffset.UtcNow.AddDays(1).ToUnixTimeMilliseconds() << 20;
        (await _scene.NewGatewayAsync()).CollectTail = (_, _) => new ChannelTail(0, default, []) { Epoch = later };

        var status = await channel.SetMembersAsync("gateway", 1, new ChannelPosition(7, 1));

        Assert.True(status.Epoch > later);
    }
}
