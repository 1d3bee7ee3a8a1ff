using Realtime.Channels;
using static Realtime.Tests.Channels.TestPublications;

namespace Realtime.Tests.Channels;

/// <summary>Publications that their gateway hands on itself, by the receipt, on a silo whose inboxes are the test's.</summary>
public sealed class OwnPublicationsTests : IAsyncLifetime
{
    private readonly ChannelCluster _cluster = new(silos: 1);

    public ValueTask InitializeAsync() => _cluster.InitializeAsync();

    public ValueTask DisposeAsync() => _cluster.DisposeAsync();

    [Fact]
    public async Task Publish_IsNotSentBack_ToTheOnlyGatewayWithMembers()
    {
        var channel = _cluster.NewChannel();
        var start = await channel.SetMembersAsync("publisher", 1, default);

        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });
        await channel.PublishAsync(Batch(2, "two"));

        Assert.Equal(["two"], _cluster.Inboxes.TextsOf("publisher"));
        Assert.Equal(["one", "two"], (await channel.ReadHistoryAsync(start.Position)).Publications!.Value.Texts());
    }

    [Fact]
    public async Task Publish_IsSentToOthers_WhenTheyHaveMembersToo()
    {
        var channel = _cluster.NewChannel();
        await channel.SetMembersAsync("publisher", 1, default);
        await channel.SetMembersAsync("other", 1, default);

        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });

        Assert.Empty(_cluster.Inboxes.TextsOf("publisher"));
        Assert.Equal(["one"], _cluster.Inboxes.TextsOf("other"));
    }

    [Fact]
    public async Task Publish_IsSentToTheOnlyGatewayWithMembers_WhenThatIsAnother()
    {
        var channel = _cluster.NewChannel();
        await channel.SetMembersAsync("publisher", 0, default);
        await channel.SetMembersAsync("other", 1, default);

        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });

        Assert.Equal(["one"], _cluster.Inboxes.TextsOf("other"));
    }

    [Fact]
    public async Task Publish_IsSentBack_WhenPartOfItWasOrderedByAnEarlierCall()
    {
        var channel = _cluster.NewChannel();
        await channel.SetMembersAsync("publisher", 1, default);
        await channel.PublishAsync(Batch(1, "one") with { IsHandedOn = true });

        await channel.PublishAsync(Batch(1, "one", "two") with { IsHandedOn = true, IsRepeated = true });

        Assert.Equal(["two"], _cluster.Inboxes.TextsOf("publisher"));
    }

    [Fact]
    public async Task LocalPublications_AreInTheOrderOfTheGrain_AndArentSentBack()
    {
        var channel = _cluster.NewChannel();
        var start = await channel.SetMembersAsync("publisher", 1, default);

        Assert.True(Local.TryPublish(KeyOf(channel), Batch(1, "one") with { IsHandedOn = true }, out var first));
        var second = await channel.PublishAsync(Batch(2, "two") with { IsHandedOn = true });
        Assert.True(Local.TryPublish(KeyOf(channel), Batch(3, "three", "four") with { IsHandedOn = true }, out var third));

        Assert.Equal([1L, 2, 3], new[] { first, second, third }.Select(static receipt => receipt.First.Offset));
        Assert.Equal(["three", "four"], new[] { third.Ordered! }.Texts());
        Assert.Equal(["one", "two", "three", "four"], (await channel.ReadHistoryAsync(start.Position)).Publications!.Value.Texts());
        Assert.Empty(_cluster.Inboxes.TextsOf("publisher"));
    }

    [Fact]
    public async Task LocalPublications_AreForTheGrain_WhenAnythingIsToBeSettled()
    {
        var (channel, own) = (_cluster.NewChannel(), Batch(2, "refused") with { IsHandedOn = true });
        Assert.False(Local.TryPublish(KeyOf(channel), own, out _), "nobody has called the grain");
        var start = await channel.SetMembersAsync("publisher", 1, default);
        await channel.SetMembersAsync("lost", 1, default);
        _cluster.Roster.Bury("lost");
        Assert.False(Local.TryPublish(KeyOf(channel), own, out _), "a gateway has been lost");
        await channel.SetMembersAsync("lost", 0, default);

        Assert.False(Local.TryPublish(KeyOf(channel), own with { IsRepeated = true }, out _), "it may have been heard");
        Assert.False(Local.TryPublish(KeyOf(channel), own with { KnownEpoch = start.Epoch + 1 }, out _), "there is a later epoch");
        Assert.True(Local.TryPublish(KeyOf(channel), own with { KnownEpoch = start.Epoch }, out _));
        Assert.False(Local.TryPublish(KeyOf(channel), own, out _), "it is known");
        await channel.SetMembersAsync("publisher", 0, default);
        Assert.False(Local.TryPublish(KeyOf(channel), own with { Sequence = 3 }, out _), "nobody has members");

        Assert.Single((await channel.ReadHistoryAsync(start.Position)).Publications!.Value.Texts());
    }

    [Fact]
    public async Task LocalPublications_End_WithTheActivation()
    {
        var channel = _cluster.NewChannel();
        var before = await channel.SetMembersAsync("publisher", 1, default);
        Assert.True(Local.TryPublish(KeyOf(channel), Batch(1, "one") with { IsHandedOn = true }, out _));

        await Assert.ThrowsAsync<TemporarilyUnavailableException>(
            async () => await channel.ReadHistoryAsync(new ChannelPosition(before.Epoch + 1, 0)));
        Assert.False(Local.TryPublish(KeyOf(channel), Batch(2, "two") with { IsHandedOn = true }, out _));
        var after = await channel.SetMembersAsync("publisher", 1, default);
        Assert.True(Local.TryPublish(KeyOf(channel), Batch(2, "two") with { IsHandedOn = true }, out var receipt));

        Assert.True(after.Epoch > before.Epoch);
        Assert.Equal(after.Epoch, receipt.Epoch);
    }

    [Fact]
    public async Task LocalPublications_AreReadWithoutGaps_WhileMoreCome()
    {
        const int Count = 5000;
        var channel = _cluster.NewChannel();
        var start = await channel.SetMembersAsync("publisher", 1, default);

        var publishing = Task.Run(() =>
        {
            for (var i = 1; i <= Count; i++)
            {
                Assert.True(Local.TryPublish(KeyOf(channel), Batch(i, $"{i}") with { IsHandedOn = true }, out _));
            }
        });
        var read = new List<string>();
        for (var position = start.Position; read.Count < Count && !publishing.IsFaulted;)
        {
            var history = (await channel.ReadHistoryAsync(position)).Publications;
            read.AddRange(history!.Value.Texts());
            position = history.Value is [.., var last] ? last.Last : position;
        }

        await publishing;
        Assert.Equal(Enumerable.Range(1, Count).Select(static i => $"{i}"), read);
    }

    private ILocalChannels Local => _cluster.Silos[0].ServiceProvider.GetRequiredService<ILocalChannels>();

    private static string KeyOf(IChannelGrain channel) => channel.GetPrimaryKeyString();
}
