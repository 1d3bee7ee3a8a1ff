namespace Realtime.Tests.Following;

public sealed class FollowCheckerTests
{
    private static readonly FollowedEvent First = Created("1"), Second = Created("2"), Voted = Updated("1", 1), Gone = Deleted("2"), Last = Updated("1", 2);

    private static readonly AnsweredWrite[] Writes =
    [
        Write("1", First, 10), Write("2", Second, 20), Write("1", null, 30), Write("2", Gone, 40), Write("1", null, 50),
    ];

    private static readonly FollowedEvent[] Order = [First, Second, Voted, Gone, Last];

    private static readonly Dictionary<string, string> Read = new() { ["1"] = First.Data, ["2"] = Second.Data };

    [Fact]
    public void NothingIsWrong_WhenEventsAreTheEndOfTheOrder()
    {
        Assert.Empty(Check(Follower(Read, Voted, Gone, Last)));

        // What was read after the join may be newer than the first events.
        Assert.Empty(Check(Follower(new() { ["1"] = Last.Data }, Voted, Gone, Last)));
    }

    [Fact]
    public void LostEvents_AreFound()
    {
        Assert.NotEmpty(Check(Follower(Read, Voted, Last)));
        Assert.NotEmpty(Check(Follower(Read, Voted, Gone)));
        Assert.NotEmpty(Check(Follower(Read, Last)));
    }

    [Fact]
    public void DocumentThatIsKnownAndNotThere_IsFound() =>
        Assert.NotEmpty(Check(Follower(new() { ["1"] = First.Data, ["3"] = "{}" }, Voted, Gone, Last)));

    [Fact]
    public void DuplicateReorderedAndForeignEvents_AreFound()
    {
        Assert.NotEmpty(Check(Follower(Read, Voted, Voted, Gone, Last)));
        Assert.NotEmpty(Check(Follower(Read, Gone, Voted, Last)));
        Assert.NotEmpty(Check(Follower(Read, Created("of somebody else"), Voted, Gone, Last)));
    }

    [Fact]
    public void EventFromBeforeTheJoin_IsFound() => Assert.NotEmpty(Check(Follower(Read, Second, Voted, Gone, Last)));

    [Fact]
    public void WitnessThatLacksOrInventsAWrite_IsFound()
    {
        Assert.NotEmpty(Check(witness: [First, Second, Voted, Gone]));
        Assert.NotEmpty(Check(witness: [First, Second, Voted, Last]));
        Assert.NotEmpty(Check(witness: [First, Second, Voted, Voted, Gone, Last]));
        Assert.NotEmpty(Check(witness: [First, Gone, Second, Voted, Last]));
        Assert.Empty(Check(witness: Order));
    }

    private static IReadOnlyList<string> Check(params FollowerHistory[] followers) => Check(Order, followers);

    private static IReadOnlyList<string> Check(FollowedEvent[] witness, params FollowerHistory[] followers)
    {
        var final = new Dictionary<string, IReadOnlyDictionary<string, string>> { ["us"] = new Dictionary<string, string> { ["1"] = Last.Data } };
        return new FollowChecker(Writes, final).Check(
            new FollowerHistory("witness", "us", 0, 1, new Dictionary<string, string>(), witness), followers);
    }

    /// <summary>One that joined between the second and the third write.</summary>
    private static FollowerHistory Follower(Dictionary<string, string> read, params FollowedEvent[] events) =>
        new("follower", "us", 22, 24, read, events);

    private static AnsweredWrite Write(string id, FollowedEvent? caused, long began) => new("us", id, caused, began, began + 1);

    private static FollowedEvent Created(string id) => new(FollowedEvent.Created, $$"""{"id":"{{id}}","votes":0}""");

    private static FollowedEvent Updated(string id, int votes) => new(FollowedEvent.Updated, $$"""{"id":"{{id}}","votes":{{votes}}}""");

    private static FollowedEvent Deleted(string id) => new(FollowedEvent.Deleted, $"\"{id}\"");
}
