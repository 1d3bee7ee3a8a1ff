using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Sessions;
using static Realtime.Tests.Sessions.TestSession;

namespace Realtime.Tests.Sessions;

public sealed class SessionStateTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Updates_AreFoldedIntoOneRecord()
    {
        var state = new SessionState(Record(replies: ["a"]), _time);
        var identity = state.Identity with { Role = 50, Version = 1 };

        Assert.True(state.TryApply(new SessionUpdate(2) { Joined = [Membership(2, 1, 20)], Replies = [Reply("joined")] }));
        Assert.True(state.TryApply(new SessionUpdate(3) { Checkpoint = 2, Moved = [new SessionMove(1, At(15))] }));
        Assert.True(state.TryApply(new SessionUpdate(4) { Identity = identity, TokenExpiresAt = DateTimeOffset.MaxValue }));
        Assert.True(state.TryApply(new SessionUpdate(5) { Left = [2] }));

        var record = state.ToRecord();
        Assert.Equal((5, 2, 1), (record.Update, record.Checkpoint, record.OldestCheckpoint));
        Assert.Equal((identity, DateTimeOffset.MaxValue), (record.Identity, record.TokenExpiresAt));
        var membership = Assert.Single(record.Memberships);
        Assert.Equal((At(10), At(15), At(15)), (membership.At(1), membership.At(2), membership.At(3)));
        Assert.Equal((2, 2), (record.LastReply, state.LastReply));
        Assert.Equal(["a", "joined"], Texts(record));
    }

    [Fact]
    public void Updates_AreTakenOnce_AndRefusedWhenOneIsMissing()
    {
        var state = new SessionState(Record(update: 1), _time);
        var second = new SessionUpdate(2) { Replies = [Reply("a")] };

        Assert.False(state.TryApply(new SessionUpdate(3) { Replies = [Reply("b")] }));
        Assert.True(state.TryApply(second));
        Assert.True(state.TryApply(second));

        Assert.Equal((2, 1), (state.Update, state.LastReply));
    }

    [Fact]
    public void Whole_ReplacesEverything_ThoughUpdatesAreMissing()
    {
        var state = new SessionState(Record(update: 1, replies: ["a"]), _time);

        Assert.True(state.TryApply(new SessionUpdate(7) { Whole = Record(generation: 2, update: 7, "b", "c") }));

        Assert.Equal((2, 7, 2), (state.Generation, state.Update, state.LastReply));
        Assert.Equal(["b", "c"], Texts(state.ToRecord()));
    }

    [Fact]
    public void Membership_ThatBeganAndEndedInOneUpdate_IsNone()
    {
        var state = new SessionState(Record(), _time);

        state.TryApply(new SessionUpdate(2) { Joined = [Membership(2, 1, 20), Membership(3, 1, 30)], Left = [2] });

        Assert.Equal([1, 3], state.Memberships.Keys);
    }

    [Fact]
    public void Checkpoint_MovesAMembershipThatBeganWithIt()
    {
        var state = new SessionState(Record(), _time);

        state.TryApply(new SessionUpdate(2)
        {
            Joined = [Membership(2, 1, 20)],
            Checkpoint = 2,
            Moved = [new SessionMove(2, At(25)), new SessionMove(9, At(99))],
        });

        Assert.Equal((At(20), At(25)), (state.Memberships[2].At(1), state.Memberships[2].At(2)));
        Assert.Equal(At(10), state.Memberships[1].At(2));
    }

    [Fact]
    public void Replies_AreForgotten_WhenTheyAreOld()
    {
        var state = new SessionState(Record(replies: ["old"]), _time);
        _time.Advance(SessionState.Memory);
        state.TryApply(new SessionUpdate(2) { Replies = [Reply("new")] });
        var before = state.ToRecord();

        _time.Advance(TimeSpan.FromSeconds(1));
        var after = state.ToRecord();

        Assert.Equal(["old", "new"], Texts(before));
        Assert.Equal(["new"], Texts(after));
        Assert.Equal((2, 2), (after.FirstReply, after.LastReply));
    }

    [Fact]
    public void Replies_AreForgottenByTrimming_WhenNothingElseHappens()
    {
        var state = new SessionState(Record(replies: [new string('x', 10_000)]), _time);
        _time.Advance(SessionState.Memory + TimeSpan.FromSeconds(1));

        state.Trim();

        Assert.InRange(state.SizeInBytes, 1, 1000);
        Assert.Equal((2, 1), (state.ToRecord().FirstReply, state.LastReply));
    }

    [Fact]
    public void Replies_KeepTheirNumbers_WhenAllAreForgotten()
    {
        var state = new SessionState(Record(replies: ["a", "b"]), _time);
        _time.Advance(SessionState.Memory * 2);

        var again = new SessionState(state.ToRecord(), _time);
        again.TryApply(new SessionUpdate(2) { Replies = [Reply("c")] });

        Assert.Equal((3, 3), (again.ToRecord().FirstReply, again.LastReply));
    }

    [Fact]
    public void Replies_AreBounded_ByCountAndByBytes()
    {
        var many = new SessionState(Record(), _time);
        many.TryApply(new SessionUpdate(2) { Replies = [.. Enumerable.Range(1, SessionState.MaxReplies + 5).Select(i => Reply($"{i}"))] });
        var large = new SessionState(Record(), _time);
        large.TryApply(new SessionUpdate(2) { Replies = [Reply(new string('x', SessionState.MaxReplyBytes)), Reply("y")] });

        Assert.Equal(("6", SessionState.MaxReplies), (Texts(many.ToRecord())[0], many.ToRecord().Replies.Length));
        Assert.Equal(["y"], Texts(large.ToRecord()));
        Assert.Equal((2, 2), (large.ToRecord().FirstReply, large.LastReply));
    }

    [Fact]
    public void Checkpoints_AreForgotten_WhenTheNextOneIsOld()
    {
        var state = new SessionState(Record(), _time);
        state.TryApply(new SessionUpdate(2) { Checkpoint = 2, Moved = [new SessionMove(1, At(15))] });
        _time.Advance(SessionState.Memory);
        state.TryApply(new SessionUpdate(3) { Checkpoint = 3, Moved = [new SessionMove(1, At(18))] });
        var before = state.ToRecord();

        _time.Advance(TimeSpan.FromSeconds(1));
        var after = state.ToRecord();

        Assert.Equal((1, 2), (before.OldestCheckpoint, after.OldestCheckpoint));
        Assert.Equal([new(2, At(15)), new(3, At(18))], Assert.Single(after.Memberships).Positions);
    }

    [Fact]
    public void Checkpoints_AreKeptLonger_WhenAClientMayBeAwayLonger()
    {
        var state = new SessionState(Record(), _time) { KeptFor = TimeSpan.FromMinutes(10) };
        state.TryApply(new SessionUpdate(2) { Checkpoint = 2, Replies = [Reply("a")] });

        _time.Advance(TimeSpan.FromMinutes(9));

        Assert.Equal((1, 1), (state.ToRecord().OldestCheckpoint, state.ToRecord().Replies.Length));
    }

    [Fact]
    public void Positions_AreBounded_AndTheLatestOfEachMembershipStays()
    {
        var state = new SessionState(Record(), _time);
        var checkpoints = SessionState.MaxPositions + 10;
        for (var i = 1; i <= checkpoints; i++)
        {
            state.TryApply(new SessionUpdate(i + 1) { Checkpoint = i + 1, Moved = [new SessionMove(1, At(10 + i))] });
        }

        var record = state.ToRecord();
        var positions = Assert.Single(record.Memberships).Positions;
        Assert.Equal(SessionState.MaxPositions + 1, positions.Length);
        Assert.Equal(record.OldestCheckpoint, positions[0].Checkpoint);
        Assert.Equal(new SessionPosition(checkpoints + 1, At(10 + checkpoints)), positions[^1]);
    }

    [Fact]
    public void Positions_OfMembershipsThatEnded_CountNoMore()
    {
        var state = new SessionState(Record(), _time);
        for (var i = 0; i < SessionState.MaxPositions; i++)
        {
            state.TryApply(new SessionUpdate((2 * i) + 2)
            {
                Joined = [Membership(i + 2, i + 1, 20)],
                Checkpoint = i + 2,
                Moved = [new SessionMove(i + 2, At(21))],
            });
            state.TryApply(new SessionUpdate((2 * i) + 3) { Left = [i + 2] });
        }

        Assert.Equal(1, state.ToRecord().OldestCheckpoint);
    }

    [Fact]
    public void Silences_AreSkipped_AndTheLatestFewAreKept()
    {
        var state = new SessionState(Record(), _time);
        state.TryApply(new SessionUpdate(2) { Quiet = [Silence(10, 20), Silence(10, 30)] });
        var extended = state.Memberships[1];
        state.TryApply(new SessionUpdate(3) { Quiet = [Silence(40, 50), Silence(60, 70), Silence(80, 90), Silence(100, 110)] });
        var later = state.Memberships[1];

        Assert.Equal((At(30), At(30), At(9)), (extended.SkipSilence(At(10)), extended.SkipSilence(At(25)), extended.SkipSilence(At(9))));
        Assert.Equal((At(10), At(50), At(110)), (later.SkipSilence(At(10)), later.SkipSilence(At(40)), later.SkipSilence(At(100))));
    }

    [Fact]
    public void Record_IsTheSame_AfterARoundTrip()
    {
        var state = new SessionState(Record(replies: ["a", "b"]), _time);
        state.TryApply(new SessionUpdate(2) { Joined = [Membership(2, 1, 20)], Quiet = [Silence(10, 20)] });
        state.TryApply(new SessionUpdate(3) { Checkpoint = 2, Moved = [new SessionMove(2, At(25))] });
        state.TryApply(new SessionUpdate(4) { Checkpoint = 3 });

        var record = state.ToRecord();
        var again = new SessionState(record, _time).ToRecord();

        Assert.Equivalent(record, again, strict: true);
        Assert.Equal((3, 1), (again.Checkpoint, again.OldestCheckpoint));
    }

    private static ChannelPosition At(long offset) => new(7, offset);

    private static SessionQuietSlot Silence(long from, long upTo) => new(1, new SessionSilence(At(from), At(upTo)));
}
