using System.Collections.Immutable;
using System.Text;
using Microsoft.Extensions.Time.Testing;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Sessions;
using Realtime.Sessions;
using Realtime.Tests.Connections;

namespace Realtime.Tests.Sessions;

/// <summary>Protocol 1.9: what heartbeats say of the repositories that a client follows.</summary>
public sealed class HeartbeatIdTests
{
    private const int Repositories = 600, Rounds = 100;

    private readonly FakeTimeProvider _time = new();
    private readonly Connection _connection = TestConnections.Create();

    [Fact]
    public async Task Heartbeats_OfManyRepositories_HaveShortIds_AndBringEachForwardInTurn()
    {
        var session = CreateSession();
        var cursor = new SessionCursor(session, replies: Repositories + 1, _time);
        var id = "";
        for (var round = 1; round <= Rounds; round++)
        {
            ImmutableArray<SessionMove> settled = [.. Enumerable.Range(1, Repositories).Select(slot => new SessionMove(slot, At(round)))];
            cursor.Advance(new OutboxItem(OutboundMessage.HeartbeatAt(settled), OutboxItem.NoSlot));
            if (cursor.NeedsCheckpoint)
            {
                await cursor.CheckpointAsync();
            }

            id = Write(cursor);
            Assert.InRange(id.Length, 1, ResumeId.MaxLength);
            _time.Advance(TimeSpan.FromSeconds(15));
        }

        var behind = Restore(session.Release()!, ResumeId.Parse(id)!).Select(static channel => Rounds - (channel.After.Offset / 1_000_000)).ToList();
        Assert.Equal(Repositories, behind.Count);
        Assert.All(behind, static rounds => Assert.InRange(rounds, 0, 40));
    }

    [Fact]
    public void Heartbeat_ThatItsClientDidNotTake_CountsAllTheSame_AsThereWasNothingForIt()
    {
        var session = CreateSession();
        var cursor = new SessionCursor(session, replies: 0, _time);
        cursor.Advance(new OutboxItem(OutboundMessage.Fixed("{}"u8.ToArray(), At(1)), 1));
        var taken = Write(cursor);
        cursor.Advance(new OutboxItem(OutboundMessage.HeartbeatAt([new SessionMove(1, At(2)), new SessionMove(2, At(3))]), OutboxItem.NoSlot));

        var missed = Restore(session.Release()!, ResumeId.Parse(taken)!).ToDictionary(static channel => channel.Slot, static channel => channel.After);

        Assert.Equal((At(2), At(3), At(0)), (missed[1], missed[2], missed[3]));
    }

    private static ChannelPosition At(int round) => new(0, round * 1_000_000L);

    private static string Write(SessionCursor cursor)
    {
        var text = new byte[ResumeId.MaxLength];
        return Encoding.ASCII.GetString(text, 0, cursor.Write(text));
    }

    private IReadOnlyList<MissedChannel> Restore(SessionRecord record, ResumeId id)
    {
        var missed = TestConnections.Create().Remember(replicas: null, new LimitOptions(), _time).Restore(record, id);
        Assert.NotNull(missed);
        return missed;
    }

    private ResumableSession CreateSession()
    {
        var session = _connection.RememberUser(_time);
        for (var i = 0; i < Repositories; i++)
        {
            session.Join(At(0), "db-r");
        }

        return session;
    }
}
