using System.Text;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Tests.Connections;

namespace Realtime.Tests.Sessions;

public sealed class ResumeIdTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly Connection _connection = TestConnections.Create();

    [Fact]
    public void Id_SaysWhatWasWritten_AndWhoseItIs()
    {
        var session = CreateSession(channels: 2);
        var cursor = new SessionCursor(session, replies: 0, _time);
        cursor.Advance(OutboxItem.Reply(MessageEncoder.Ok));
        cursor.Advance(At(1, new ChannelPosition(7, 3)));
        cursor.Advance(At(2, new ChannelPosition(9, 1)));
        cursor.Advance(At(1, new ChannelPosition(7, 5)));

        var id = ResumeId.Parse(Write(cursor))!;

        Assert.Equal((session.Sid, 0, 1), (id.Secret.Sid, id.Checkpoint, id.Replies));
        Assert.Equal(
            [new ChannelPosition(7, 5), new ChannelPosition(9, 1)], id.Moves.Select(static move => move.Step.From(default)).Order());
    }

    [Fact]
    public async Task Checkpoint_BecomesTheBaseOfLaterIds()
    {
        var session = CreateSession(channels: 1);
        var cursor = new SessionCursor(session, replies: 0, _time);
        cursor.Advance(At(1, new ChannelPosition(7, 1000)));
        await cursor.CheckpointAsync();

        var settled = ResumeId.Parse(Write(cursor))!;
        cursor.Advance(At(1, new ChannelPosition(7, 1002)));
        var moved = ResumeId.Parse(Write(cursor))!;

        Assert.Empty(settled.Moves);
        Assert.Equal([new ChannelPosition(7, 1002)], moved.Moves.Select(static move => move.Step.From(new ChannelPosition(7, 1000))));
        Assert.Equal(new ChannelPosition(7, 1000), session.GetBase(1, moved.Checkpoint));
    }

    [Fact]
    public async Task Ids_StayWithinTheirBound_WhateverManyChannelsDo()
    {
        const int Channels = 1000;
        var session = CreateSession(Channels);
        var cursor = new SessionCursor(session, replies: 0, _time);
        var checkpoints = 0;
        for (var slot = 1; slot <= Channels; slot++)
        {
            cursor.Advance(At(slot, new ChannelPosition(long.MaxValue / 2, long.MaxValue / 4)));
            if (cursor.NeedsCheckpoint)
            {
                await cursor.CheckpointAsync();
                checkpoints++;
            }

            var id = Write(cursor);
            Assert.InRange(id.Length, 1, ResumeId.MaxLength);
            Assert.NotNull(ResumeId.Parse(id));
        }

        Assert.InRange(checkpoints, 10, 100);
    }

    [Fact]
    public void Parse_TakesNothingThatDiffersInOneCharacter()
    {
        var cursor = new SessionCursor(CreateSession(channels: 1), replies: 0, _time);
        cursor.Advance(At(1, new ChannelPosition(7, 3)));
        var id = Write(cursor);

        for (var i = 0; i < id.Length; i++)
        {
            foreach (var other in "Ab9-_=.")
            {
                Assert.True(other == id[i] || ResumeId.Parse(id[..i] + other + id[(i + 1)..]) is null, $"character {i} as {other} is taken");
            }
        }
    }

    [Fact]
    public void Parse_TakesNothingThatWasCut_OrPutTogether()
    {
        var cursor = new SessionCursor(CreateSession(channels: 2), replies: 0, _time);
        var nothing = Write(cursor);
        cursor.Advance(At(1, new ChannelPosition(7, 3)));
        cursor.Advance(At(2, new ChannelPosition(7, 9)));
        var id = Write(cursor);

        for (var length = 0; length < id.Length; length++)
        {
            Assert.Null(ResumeId.Parse(id.AsSpan(0, length)));
        }

        Assert.NotNull(ResumeId.Parse(nothing));
        Assert.Null(ResumeId.Parse(nothing + id[id.IndexOf('.', StringComparison.Ordinal)..]));
        Assert.Null(ResumeId.Parse(id + id[id.IndexOf('.', StringComparison.Ordinal)..]));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(0, (1 << 20) - 1)]
    [InlineData(0, 1 << 20)]
    [InlineData(1_048_570, 1_048_580)]
    [InlineData(5, long.MaxValue / 4)]
    public void Id_SaysWhereAChannelIs_HoweverFarItHasMoved(long from, long to)
    {
        var session = CreateSession(channels: 1, new ChannelPosition(7, from));
        var cursor = new SessionCursor(session, replies: 0, _time);

        cursor.Advance(At(1, new ChannelPosition(7, to)));

        var move = Assert.Single(ResumeId.Parse(Write(cursor))!.Moves);
        Assert.Equal(new ChannelPosition(7, to), move.Step.From(session.GetBase(1, 0)!.Value));
    }

    private static OutboxItem At(int slot, ChannelPosition position) =>
        new(OutboundMessage.Fixed("{}"u8.ToArray(), position), slot);

    private static string Write(SessionCursor cursor)
    {
        var text = new byte[ResumeId.MaxLength];
        return Encoding.ASCII.GetString(text, 0, cursor.Write(text));
    }

    private ResumableSession CreateSession(int channels, ChannelPosition start = default)
    {
        var session = _connection.RememberUser(_time);
        for (var i = 0; i < channels; i++)
        {
            session.Join(start);
        }

        return session;
    }
}
