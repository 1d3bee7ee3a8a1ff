using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway.Sessions;
using static Realtime.Tests.Sessions.TestSession;

namespace Realtime.Tests.Sessions;

public sealed class GivenSessionsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void Answer_CanBeAskedForAgain_ForAWhile()
    {
        var given = new GivenSessions(_time);
        var sid = Guid.NewGuid();
        given.Add(sid, Record(update: 1));
        _time.Advance(GivenSessions.Memory / 2);
        given.Add(sid, Record(update: 2));

        _time.Advance(GivenSessions.Memory);
        var latest = given.Find(sid);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(2, latest?.Update);
        Assert.Null(given.Find(sid));
        Assert.Equal(0, given.Count);
    }

    [Fact]
    public void Answers_AreForgotten_ThoughNobodyAsks()
    {
        var given = new GivenSessions(_time);
        given.Add(Guid.NewGuid(), Record());
        _time.Advance(GivenSessions.Memory + TimeSpan.FromSeconds(1));

        given.ForgetOld();

        Assert.Equal(0, given.Count);
    }

    [Fact]
    public void Oldest_MakeRoom_WhenAllTogetherAreTooLarge()
    {
        const int Bytes = 1024 * 1024;
        var given = new GivenSessions(_time);
        var sids = Enumerable.Range(0, (int)(GivenSessions.MaxBytes / Bytes) + 1).Select(static _ => Guid.NewGuid()).ToArray();
        foreach (var sid in sids)
        {
            given.Add(sid, Record(replies: new string('x', Bytes - 300)));

            // What takes the place of another counts once.
            given.Add(sid, Record(replies: new string('y', Bytes - 300)));
        }

        Assert.Null(given.Find(sids[0]));
        Assert.All(sids[1..], sid => Assert.NotNull(given.Find(sid)));
    }
}
