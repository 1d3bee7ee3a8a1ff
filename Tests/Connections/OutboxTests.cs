using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Tests.Connections;

public sealed class OutboxTests
{
    [Fact]
    public void Add_Refuses_WhatIsOverTheBound_AndTakesAgainWhenThereIsRoom()
    {
        var outbox = new Outbox(maxBytes: 1000);
        var item = OutboxItem.Reply(OutboundMessage.Fixed(new byte[400]));

        var added = new[] { outbox.TryAdd(item), outbox.TryAdd(item), outbox.TryAdd(item) };
        Assert.True(outbox.TryTake(out _));
        var afterwards = outbox.TryAdd(item);

        Assert.Equal([true, true, false], added);
        Assert.True(afterwards);
    }

    [Fact]
    public void Bytes_ReturnToZero_WhenEverythingIsTaken()
    {
        var outbox = new Outbox(maxBytes: 10_000);
        outbox.TryAdd(OutboxItem.Reply(MessageEncoder.Ok));
        outbox.TryAdd(OutboxItem.Reply(OutboundMessage.Heartbeat));

        while (outbox.TryTake(out _))
        {
        }

        Assert.Equal(0, outbox.Bytes);
    }

    [Fact]
    public async Task Complete_LetsTheWriterTakeWhatWaits_AndThenStop()
    {
        var outbox = new Outbox(maxBytes: 10_000);
        outbox.TryAdd(OutboxItem.Reply(MessageEncoder.Ok));

        outbox.Complete();

        Assert.True(await outbox.WaitAsync(TestContext.Current.CancellationToken));
        Assert.True(outbox.TryTake(out _));
        Assert.False(await outbox.WaitAsync(TestContext.Current.CancellationToken));
    }
}
