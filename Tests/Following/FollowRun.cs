using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Following;

/// <summary>Users who write all at once, and followers who join while they do.</summary>
/// <param name="database">A fresh database.</param>
/// <param name="repository">The repository.</param>
/// <param name="writerGateways">Where the writes go.</param>
/// <param name="followerGateways">Where followers connect and come back.</param>
internal sealed class FollowRun(
    TestDatabase database, string repository, GatewayProcess[] writerGateways, GatewayProcess[] followerGateways)
{
    private const int Creates = 30, Writes = 110, LastWrites = 10, FollowersPerUser = 3;

    private readonly WriteLog _log = new(repository);

    /// <summary>Runs, and finds what is wrong.</summary>
    /// <returns>What is wrong; empty if nothing is.</returns>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        var owner = await database.RegisterAsync();
        TestUser[] users = [owner, await database.AddUserAsync(owner), await database.RegisterAsync(), await database.RegisterAsync()];
        var audiences = users.GroupBy(_log.AudienceOf).ToDictionary(static group => group.Key, static group => group.ToArray());

        var witnesses = audiences.ToDictionary(
            static audience => audience.Key,
            audience => Create(audience.Value[0], new FollowPlan($"the witness of {audience.Key}", Transport.ServerSentEvents, followerGateways)));
        await Task.WhenAll(witnesses.Values.Select(static witness => witness.JoinAsync()));
        var witnessing = witnesses.ToDictionary(static entry => entry.Key, static entry => entry.Value.FollowAsync(entry.Key));
        var joining = audiences.ToDictionary(
            static audience => audience.Key,
            audience => audience.Value.SelectMany((user, u) => Enumerable.Range(0, FollowersPerUser).Select(i => JoinAsync(user, u, i, audience.Value.Length))).ToList());
        var following = joining.SelectMany(static audience => audience.Value.Select(async follower => await (await follower).FollowAsync(audience.Key))).ToList();

        await WriteAsync(users, audiences, audience => Task.WhenAll(joining[audience]));

        var histories = await Task.WhenAll(following);
        Assert.All(histories, static history => Assert.True(history.Read.Count > 0 && history.Events.Count > 0, $"{history.Name} saw nothing"));
        var final = new Dictionary<string, IReadOnlyDictionary<string, string>>();
        foreach (var (audience, witness) in witnesses)
        {
            final[audience] = await witness.ReadAsync();
        }

        var written = _log.Answered.Where(static write => write.Event?.Data.Contains("\"end\"", StringComparison.Ordinal) != true).ToList();
        var checker = new FollowChecker(written, final);
        var violations = new List<string>();
        foreach (var (audience, witness) in witnessing)
        {
            violations.AddRange(checker.Check(await witness, histories.Where(history => history.Audience == audience)));
        }

        return violations;
    }

    /// <summary>In each audience all write until everybody follows, then some more, and one ends it: others may take much longer.</summary>
    private async Task WriteAsync(TestUser[] users, Dictionary<string, TestUser[]> audiences, Func<string, Task> joined)
    {
        var writers = users.Select((user, i) =>
            new BusyWriter(_log, database with { Gateway = writerGateways[i % writerGateways.Length] }, user, repository, seed: i)).ToArray();
        await Task.WhenAll(audiences.Select(async audience =>
        {
            var own = audience.Value.Select(user => writers[Array.IndexOf(users, user)]).ToList();
            await Task.WhenAll(own.Select(static writer => writer.RunAsync(Creates, Writes)));
            await joined(audience.Key);
            await Task.WhenAll(own.Select(static writer => writer.RunAsync(creates: 0, LastWrites)));
            await own[0].EndAsync();
        }));
    }

    private async Task<Follower> JoinAsync(TestUser user, int userNumber, int number, int writers)
    {
        // Of each user one follower's stream is cut often, one's seldom, and one is a WebSocket.
        int[] cuts = [7, 40, 0];
        var first = (userNumber + number) % followerGateways.Length;
        var plan = new FollowPlan(
            $"follower {number} of {user.Id}",
            cuts[number] == 0 ? Transport.WebSocket : Transport.ServerSentEvents,
            [.. followerGateways[first..], .. followerGateways[..first]],
            cuts[number]);
        var follower = Create(user, plan);
        await _log.ReachAsync(_log.AudienceOf(user), (Creates * writers) + (((userNumber * FollowersPerUser) + number) * 20));
        await follower.JoinAsync();
        return follower;
    }

    private Follower Create(TestUser user, FollowPlan plan) =>
        new(database with { Gateway = followerGateways[0] }, user, repository, plan);
}
