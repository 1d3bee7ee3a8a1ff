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
    public void Complete_LetsTheWriterTakeWhatWaits_AndNothingMore()
    {
        var outbox = new Outbox(maxBytes: 10_000);
        outbox.TryAdd(OutboxItem.Reply(MessageEncoder.Ok));

        outbox.Complete();
        outbox.TryAdd(OutboxItem.Reply(MessageEncoder.Ok));

        Assert.False(outbox.IsOver);
        Assert.True(outbox.TryTake(out _));
        Assert.True(outbox.IsOver);
        Assert.False(outbox.TryTake(out _));
    }

    [Fact]
    public void Messages_AreTakenInOrder_HoweverManyWait()
    {
        var outbox = new Outbox(maxBytes: 1_000_000);
        var expected = new Queue<OutboxItem>();
        for (var i = 0; i < 300; i++)
        {
            var item = OutboxItem.Reply(OutboundMessage.Fixed(new byte[i + 1]));
            outbox.TryAdd(item);
            expected.Enqueue(item);
            if (i % 3 == 0)
            {
                Assert.True(outbox.TryTake(out var early));
                Assert.Equal(expected.Dequeue(), early);
            }
        }

        while (outbox.TryTake(out var item))
        {
            Assert.Equal(expected.Dequeue(), item);
        }

        Assert.Empty(expected);
        Assert.Equal(0, outbox.Bytes);
    }

    [Fact]
    public void Writer_SleepsWhileSomebodyHasMoreToAdd()
    {
        var outbox = new Outbox(maxBytes: 10_000);
        var writer = new CountingWriter();
        outbox.Attach(writer);
        var before = writer.Wakes;

        outbox.Hold();
        outbox.Hold();
        outbox.Flush();
        outbox.Release();
        var whileHeld = writer.Wakes;
        outbox.Release();

        Assert.Equal(before, whileHeld);
        Assert.Equal(before + 1, writer.Wakes);
    }

    private sealed class CountingWriter : IOutboxWriter
    {
        public int Wakes { get; private set; }

        public void Wake() => Wakes++;
    }
}
