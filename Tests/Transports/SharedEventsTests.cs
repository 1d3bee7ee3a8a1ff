using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using System.Text.RegularExpressions;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Gateway.Transports;
using Realtime.Tests.Connections;
using Realtime.Tests.Telemetry;

namespace Realtime.Tests.Transports;

/// <summary>Messages that are made into events once for many members of a channel, who each get ids of their own.</summary>
public sealed partial class SharedEventsTests : IDisposable
{
    private const int Epoch = 7, First = 70_001;

    private static readonly string[] _data = ["one", "two", "three"];

    private readonly List<Member> _members = [];

    public void Dispose() => _members.ForEach(static member => member.Dispose());

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task EveryMember_GetsEachMessage_WithAnIdThatSaysWhereItsOwnChannelIs(bool areTogether)
    {
        _members.AddRange(
        [
            new Member(slot: 1, new ChannelPosition(Epoch, First - 1)),
            new Member(slot: 1, new ChannelPosition(Epoch, First - 1)),
            new Member(slot: 1, new ChannelPosition(Epoch, First - 1000)),
            new Member(slot: 1, new ChannelPosition(Epoch, 0)),
            new Member(slot: 2, new ChannelPosition(Epoch, First - 1)),
            new Member(slot: 1, new ChannelPosition(Epoch - 1, 5)),
            new Member(slot: 1, new ChannelPosition(Epoch - 2, 70_000)),
            new Member(slot: 3, new ChannelPosition(Epoch, 3), replies: 500),
        ]);
        OutboundMessage[] messages = [.. _data.Select(static (data, i) => Message(data, First + i))];

        foreach (var message in areTogether ? [OutboundMessage.Together([.. messages])] : messages)
        {
            _members.ForEach(member => member.Send(message));
        }

        foreach (var member in _members)
        {
            var events = await member.ReadAsync();
            Assert.Equal(_data, events.Select(static sent => sent.Data));
            Assert.All(events, sent => Assert.Equal((member.Sid, member.Replies), (sent.Id.Secret.Sid, sent.Id.Replies)));
            Assert.Equal(
                Enumerable.Range(First, _data.Length).Select(static offset => new ChannelPosition(Epoch, offset)),
                events.Select(sent => Assert.Single(sent.Id.Moves).Step.From(member.Start)));
        }
    }

    [Fact]
    public void Events_AreMadeOnce_ForAllWhoBeganNotFarFromThere()
    {
        var message = OutboundMessage.Together([Message("one", First), Message("two", First + 1)]);
        ChannelPosition[] starts = [new(Epoch, 0), new(Epoch, First - 1), new(Epoch, 12_345)];

        SharedEvents?[] made = [.. starts.Select(start => CursorAt(start, slot: 1).TryAdvance(new OutboxItem(message, 1))), CursorAt(starts[0], slot: 2).TryAdvance(new OutboxItem(message, 2))];

        Assert.NotNull(made[0]);
        Assert.All(made, events => Assert.Same(made[0], events));
    }

    [Fact]
    public void Events_AreNotShared_WhereMembersGetDifferentOnes()
    {
        var hasSid = OutboundMessage.WithSidSlot(Encoding.UTF8.GetBytes("""{"sid":"00000000-0000-0000-0000-000000000000"}"""), new ChannelPosition(Epoch, First));
        var ofTwoEpochs = OutboundMessage.Together(
            [OutboundMessage.Fixed("{}"u8.ToArray(), new ChannelPosition(Epoch - 1, First)), Message("two", First)]);
        var gotten = OutboundMessage.Together([Message("one", First), Message("two", First + 1)]);

        Assert.Null(CursorAt(default, slot: 1).TryAdvance(new OutboxItem(hasSid, 1)));
        Assert.Null(CursorAt(default, slot: 1).TryAdvance(new OutboxItem(ofTwoEpochs, 1)));
        Assert.Null(CursorAt(new ChannelPosition(Epoch, First), slot: 1).TryAdvance(new OutboxItem(gotten, 1)));
        Assert.Null(CursorAt(default, slot: 1).TryAdvance(OutboxItem.Reply(MessageEncoder.Ok)));
    }

    [Fact]
    public async Task Ids_CountFromACheckpoint_ThatWasMadeBetweenTwoMessages()
    {
        var member = new Member(slot: 1, new ChannelPosition(Epoch, First - 1));
        _members.Add(member);
        Assert.NotNull(member.Cursor.TryAdvance(new OutboxItem(Message("one", First), 1)));
        await member.Cursor.CheckpointAsync();

        member.Send(Message("two", First + 1));

        var (id, _) = Assert.Single(await member.ReadAsync());
        Assert.Equal(1, id.Checkpoint);
        Assert.Equal(new ChannelPosition(Epoch, First + 1), Assert.Single(id.Moves).Step.From(new ChannelPosition(Epoch, First)));
    }

    [Fact]
    public async Task Ids_SayWhereEveryChannelIs_AsMessagesComeFromOneAndTheOther()
    {
        var member = new Member(slot: 2, new ChannelPosition(Epoch, First - 1));
        _members.Add(member);

        member.Send(Message("one", First));
        member.Send(Message("two", 9), slot: 1);
        member.Send(Message("three", First + 1));

        var last = (await member.ReadAsync())[^1];
        Assert.Equal(
            [(1, new ChannelPosition(Epoch, 9)), (2, new ChannelPosition(Epoch, First + 1))],
            last.Id.Moves.Select(move => (move.Slot, move.Step.From(move.Slot == 2 ? member.Start : default))));
    }

    private SessionCursor CursorAt(ChannelPosition start, int slot)
    {
        var member = new Member(slot, start);
        _members.Add(member);
        return member.Cursor;
    }

    private static OutboundMessage Message(string data, int offset) =>
        OutboundMessage.Fixed(Encoding.UTF8.GetBytes($$"""{"data":"{{data}}"}"""), new ChannelPosition(Epoch, offset));

    [GeneratedRegex("""id: (?<id>\S+)\ndata: {"data":"(?<data>\w+)"}\n\n""")]
    private static partial Regex Event();

    private sealed class Member : IDisposable
    {
        private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly Connection _connection = TestConnections.Create();
        private readonly ResumableSession _session;
        private readonly int _slot;

        public Member(int slot, ChannelPosition start, int replies = 0)
        {
            (Start, Replies, _slot) = (start, replies, slot);
            _session = _connection.RememberUser(TimeProvider.System);
            for (var i = 1; i <= slot; i++)
            {
                Assert.Equal(i, _session.Join(i == slot ? start : default));
            }

            _connection.Outbox.Clear();
            Cursor = new SessionCursor(_session, replies, TimeProvider.System);
            new SseWriter(_pipe.Writer, new TestMetrics().Gateway).Attach(_connection, Cursor);
        }

        public ChannelPosition Start { get; }

        public long Replies { get; }

        public SessionCursor Cursor { get; }

        public Guid Sid => _session.Sid;

        public void Send(OutboundMessage message, int? slot = null) => _session.Send(message, slot ?? _slot);

        public async Task<List<(ResumeId Id, string Data)>> ReadAsync()
        {
            var written = await _pipe.Reader.ReadAsync(TestContext.Current.CancellationToken);
            var text = Encoding.Latin1.GetString(written.Buffer.ToArray());
            var events = Event().Matches(text);
            Assert.Equal(text.Length, events.Sum(static match => match.Length));
            return [.. events.Select(static match => (ResumeId.Parse(match.Groups["id"].Value)!, match.Groups["data"].Value))];
        }

        public void Dispose() => _connection.Dispose();
    }
}
