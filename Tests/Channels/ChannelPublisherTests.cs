using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Realtime.Channels;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class ChannelPublisherTests
{
    private readonly FakeChannelGrain _grain = new();
    private readonly RecentPublications _recent = new(Options.Create(new LimitOptions()), TimeProvider.System);
    private readonly ChannelPublisher _publisher;

    public ChannelPublisherTests() => _publisher = new ChannelPublisher(
        TestPublications.Channel,
        _grain,
        new PublicationNumbers(new GatewayIdentity()),
        _recent,
        static _ => { },
        TimeProvider.System,
        NullLogger.Instance);

    [Fact]
    public async Task Publish_IsSaidAgain_UnderTheSameNumber()
    {
        var heard = new List<PublishBatch>();
        _grain.Publish = batch =>
        {
            heard.Add(batch);
            return heard.Count < 3 ? throw new TimeoutException("the grain is away") : Receipt(1, batch);
        };

        Assert.True(await PublishAsync("one"));

        Assert.Equal([false, true, true], heard.Select(static batch => batch.IsRepeated));
        Assert.Single(heard.Select(static batch => batch.Sequence).Distinct());
    }

    [Fact]
    public async Task Publish_IsKept_UntilOthersHaveIt()
    {
        _grain.Publish = static batch => Receipt(1, batch);

        await PublishAsync("one");

        Assert.Equal(["one"], _recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications.Texts());
    }

    [Fact]
    public async Task Publish_DoesNotBelieveAnEpochThatIsOver()
    {
        _recent.Collect(TestPublications.Channel, 2, int.MaxValue);
        var epochs = new Queue<long>([1, 1, 2]);
        _grain.Publish = batch => Receipt(epochs.Dequeue(), batch);

        Assert.True(await PublishAsync("one"));

        Assert.Empty(epochs);
        Assert.Equal(2, _recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications.Single().First.Epoch);
    }

    [Fact]
    public async Task Publish_KeepsOnlyWhatThisCallOrdered()
    {
        _grain.Publish = static batch => Task.FromResult(new PublishReceipt(1, new(1, 5), new(1, 6), batch.Payloads.Length));

        Assert.True(await PublishAsync("one"));

        Assert.Empty(_recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications);
    }

    private static Task<PublishReceipt> Receipt(long epoch, PublishBatch batch) =>
        Task.FromResult(new PublishReceipt(epoch, new(epoch, batch.Sequence - 1), new(epoch, batch.Sequence), 0));

    private async Task<bool> PublishAsync(string text)
    {
        var answer = new TaskCompletionSource<bool>();
        Assert.True(_publisher.TryPublish(TestPublications.Payloads(text)[0], answer.SetResult));
        return await answer.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
    }
}
