using System.Text;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateways;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

public sealed class ChannelPublisherTests
{
    private readonly FakeChannelGrain _grain = new();
    private readonly RecentPublications _recent = new(Options.Create(new LimitOptions()), TimeProvider.System);
    private readonly ChannelPublisher _publisher;

    public ChannelPublisherTests() => _publisher = Publisher(TimeProvider.System);

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
        Assert.Equal(2, _recent.Collect(TestPublications.Channel, 3, int.MaxValue).Publications.Single().First.Epoch);
    }

    [Fact]
    public async Task Publish_KeepsOnlyWhatThisCallOrdered()
    {
        _grain.Publish = static batch => Task.FromResult(new PublishReceipt(1, new(1, 5), new(1, 6), batch.Payloads.Length));

        Assert.True(await PublishAsync("one"));

        Assert.Empty(_recent.Collect(TestPublications.Channel, 2, int.MaxValue).Publications);
    }

    [Fact]
    public async Task Publish_IsRefusedInTime_ThoughOthersWaitedBeforeIt()
    {
        var time = new FakeTimeProvider();
        var publisher = Publisher(time);
        using var calls = new SemaphoreSlim(0);
        _grain.Publish = _ =>
        {
            calls.Release();
            return new TaskCompletionSource<PublishReceipt>().Task;
        };
        var first = Publish(publisher, "one");
        Assert.True(await calls.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        time.Advance(TimeSpan.FromSeconds(6));
        var second = Publish(publisher, "two");

        time.Advance(TimeSpan.FromSeconds(4));
        Assert.False(await first);
        Assert.True(await calls.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        Assert.False(second.IsCompleted);
        await CompletedAsync(time, second);

        Assert.False(await second);
    }

    [Fact]
    public async Task Publish_LeavesOutWhatWasRefused_WhenItSaysTheRestAgain()
    {
        var time = new FakeTimeProvider();
        var publisher = Publisher(time);
        using var calls = new SemaphoreSlim(0);
        var answers = new Queue<Task<PublishReceipt>>();
        var first = new TaskCompletionSource<PublishReceipt>();
        answers.Enqueue(first.Task);
        answers.Enqueue(new TaskCompletionSource<PublishReceipt>().Task);
        var heard = new List<PublishBatch>();
        _grain.Publish = batch =>
        {
            heard.Add(batch);
            calls.Release();
            return answers.TryDequeue(out var answer) ? answer : Receipt(1, batch);
        };
        var accepted = Publish(publisher, "one");
        var old = Publish(publisher, "two");
        time.Advance(TimeSpan.FromSeconds(6));
        var young = Publish(publisher, "three");
        first.SetResult(await Receipt(1, heard[0]));
        Assert.True(await accepted);
        Assert.True(await calls.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
        Assert.True(await calls.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));

        time.Advance(TimeSpan.FromSeconds(4));
        await CompletedAsync(time, young);

        Assert.False(await old);
        Assert.True(await young);
        Assert.Equal(["two three", "three"], heard.Skip(1).Select(Text));
        Assert.Equal(heard[1].Sequence + 1, heard[2].Sequence);
        Assert.True(heard[2].IsRepeated);

        static string Text(PublishBatch batch) => string.Join(' ', batch.Payloads.Select(static payload => Encoding.UTF8.GetString(payload.Span)));
    }

    [Fact]
    public async Task Publish_IsHandedToOwnMembers_WhenItIsAnswered()
    {
        var happened = new List<string>();
        var handed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _grain.Publish = static batch => Receipt(batch.IsHandedOn ? 1 : throw new InvalidOperationException("The grain isn't told."), batch);
        var publisher = Publisher(
            TimeProvider.System,
            new OwnMembers(
                publications =>
                {
                    happened.AddRange(new[] { publications }.Texts());
                    handed.SetResult();
                },
                _ => happened.Add("doubt")));

        Assert.True(publisher.TryPublish(
            TestPublications.Payloads("one")[0], isAccepted => happened.Add(isAccepted ? "accepted" : "refused")));

        await handed.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        Assert.Equal(["accepted", "one"], happened);
    }

    [Fact]
    public async Task OwnMembers_LookWhetherTheyMissedSomething_WhenAReceiptIsMissing()
    {
        var calls = 0;
        _grain.Publish = batch => ++calls == 1
            ? throw new TimeoutException("the receipt is lost")
            : Task.FromResult(new PublishReceipt(1, new(1, 1), new(1, 2), batch.Payloads.Length));
        var doubted = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var publisher = Publisher(
            TimeProvider.System, new OwnMembers(
                static _ => Assert.Fail("Nobody knows where it stands."), doubted.SetResult));

        Assert.True(await Publish(publisher, "one"));

        Assert.Equal(TestPublications.Channel, await doubted.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken));
    }

    [Fact]
    public void Publish_IsAnsweredAtOnce_WhenTheChannelIsInThisProcess()
    {
        var happened = new List<string>();
        var local = new FakeLocalChannels
        {
            Publish = static batch => new PublishReceipt(1, new(1, 0), new(1, 1), 0)
            {
                Ordered = new ChannelPublications(TestPublications.Channel, new(1, 0), new(1, 1), batch.Publisher, batch.Sequence, batch.Payloads),
            },
        };
        var own = new OwnMembers(
            publications => happened.AddRange(new[] { publications }.Texts()), static _ => Assert.Fail("Nothing is missing."));

        Publisher(TimeProvider.System, own, local).TryPublish(TestPublications.Payloads("one")[0], isAccepted => happened.Add($"{isAccepted}"));

        Assert.Equal(["True", "one"], happened);
    }

    [Fact]
    public async Task GatheredPublications_GoTogether_WhenTheReaderWaits()
    {
        var heard = new List<PublishBatch>();
        _grain.Publish = batch =>
        {
            heard.Add(batch);
            return Receipt(1, batch);
        };
        var (gathered, answers) = (new GatheredPublications(), new List<bool>());

        foreach (var payload in TestPublications.Payloads("one", "two"))
        {
            Assert.True(_publisher.TryPublish(payload, answers.Add, gathered: gathered));
        }

        Assert.Empty(heard);
        gathered.Publish();
        gathered.Publish();

        await Eventually.TrueAsync(() => answers.Count == 2, "both answers");
        Assert.Equal(["one", "two"], Assert.Single(heard).Payloads.Select(static payload => Encoding.UTF8.GetString(payload.Span)));
    }

    [Fact]
    public async Task Publish_DoesNotKeepWhoeverBeganIt_ForWhatOthersPublish()
    {
        var (calls, isFree) = (0, false);
        using var hasReturned = new ManualResetEventSlim();
        ChannelPublisher? publisher = null;
        var local = new FakeLocalChannels
        {
            Publish = batch =>
            {
                if (++calls == 1)
                {
                    publisher!.TryPublish(batch.Payloads[0], static _ => { });
                }
                else
                {
                    isFree = hasReturned.Wait(Eventually.Bound);
                }

                return new PublishReceipt(1, new(1, calls - 1), new(1, calls), 0);
            },
        };
        publisher = Publisher(TimeProvider.System, local: local);

        publisher.TryPublish(TestPublications.Payloads("one")[0], static _ => { });
        hasReturned.Set();

        publisher.TryRetire();
        await Eventually.TrueAsync(() => publisher.TryRetire(), "the publisher to be idle");
        Assert.Equal((2, true), (calls, isFree));
    }

    [Fact]
    public async Task Publisher_IsRetired_OnlyWhenNothingWasPublishedSinceItWasLastAsked()
    {
        var answers = new TaskCompletionSource<PublishReceipt>();
        _grain.Publish = _ => answers.Task;
        var accepted = PublishAsync("one");

        Assert.False(_publisher.TryRetire());
        Assert.False(_publisher.TryRetire());
        answers.SetResult(new PublishReceipt(1, new(1, 0), new(1, 1), 0));
        Assert.True(await accepted);

        await Eventually.TrueAsync(() => _publisher.TryRetire(), "the publisher to be idle");
        Assert.False(_publisher.TryPublish(TestPublications.Payloads("two")[0], static _ => { }));
    }

    private static Task<PublishReceipt> Receipt(long epoch, PublishBatch batch) =>
        Task.FromResult(new PublishReceipt(epoch, new(epoch, batch.Sequence - 1), new(epoch, batch.Sequence), 0));

    private static Task CompletedAsync(FakeTimeProvider time, Task<bool> answer) => Eventually.TrueAsync(
        () =>
        {
            time.Advance(TimeSpan.FromMilliseconds(20));
            return answer.IsCompleted;
        },
        "the answer");

    private static Task<bool> Publish(ChannelPublisher publisher, string text)
    {
        var answer = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        Assert.True(publisher.TryPublish(TestPublications.Payloads(text)[0], answer.SetResult));
        return answer.Task.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
    }

    private Task<bool> PublishAsync(string text) => Publish(_publisher, text);

    private ChannelPublisher Publisher(TimeProvider time, OwnMembers? own = null, ILocalChannels? local = null) => new(
        TestPublications.Channel,
        new ChannelRoute(TestPublications.Channel, _grain, local, relays: null, late: () => { }, time),
        new PublicationNumbers(new GatewayIdentity()),
        _recent,
        own ?? new OwnMembers(static _ => { }, static _ => { }),
        time,
        NullLogger.Instance);
}
