using Realtime.Documents;
using static Realtime.Tests.Contracts.RepositoryDriver;

namespace Realtime.Tests.Documents;

/// <summary>Which gateways hear of which changes, in which order (protocol 2.2, 2.3).</summary>
public sealed class RepositoryEventTests(RepositoryCluster cluster) : IClassFixture<RepositoryCluster>
{
    [Fact]
    public async Task Example_OfTheSeed_HoldsRowByRow()
    {
        var scene = new RepositoryScene(cluster, "tasks_760_");
        var ab = await scene.JoinAsync("ab", Audience.OfAccount("A"));
        var c = await scene.JoinAsync("c", Audience.OfAccount("C"));
        var root = await scene.JoinAsync("root", Audience.Root);

        var d1 = await scene.CreateAsync(scene.A, """{"n":1}""");
        await scene.Repository.UpdateAsync(scene.B, d1, Utf8("""{"n":2}"""));
        var refused = await scene.Repository.UpdateAsync(scene.C, d1, Utf8("""{"n":3}"""));
        var d2 = await scene.CreateAsync(scene.C);
        await scene.Repository.CreateManyAsync(scene.A, Identifiers.NewId(), Utf8("[{},{},{}]"));
        await scene.Repository.DeleteAsync(scene.B, d1);
        await scene.Repository.UpdateAsync(scene.Root, d2, Utf8("""{"n":4}"""));

        Assert.Equal(404, refused.Error?.Status);
        Assert.Equal("C1 U2 C4 C5 C6 D7", scene.Heard(ab));
        Assert.Equal("C3 U8", scene.Heard(c));
        Assert.Equal("C1 U2 C3 C4 C5 C6 D7 U8", scene.Heard(root));
        Assert.Equal($"\"{d1}\"", Text(cluster.Inboxes.ChangesOf(ab)[^1].Json));
    }

    [Theory]
    [InlineData("x", "a:A")]
    [InlineData("x_700_", "o:a")]
    [InlineData("x_774_", "*")]
    [InlineData("pub_x", "*")]
    public async Task Change_CarriesItsAudience(string name, string audience)
    {
        var scene = new RepositoryScene(cluster, name);
        var gateway = await scene.JoinAsync("g", new Audience(audience));

        var id = await scene.CreateAsync(scene.A);

        var change = Assert.Single(cluster.Inboxes.ChangesOf(gateway));
        Assert.Equal((1L, ChangeKind.Created, audience), (change.Position, change.Kind, change.Audience.Value));
        Assert.Equal(Text((await scene.Repository.GetAsync(scene.A, id)).Value), Text(change.Json));
        Assert.Equal(scene.Key, cluster.Inboxes.EventsOf(gateway)[0].RepositoryKey);
    }

    [Fact]
    public async Task RefusedWrites_AreNotAnnounced()
    {
        var scene = new RepositoryScene(cluster, "x");
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"), Audience.OfAccount("C"), Audience.Root);
        var id = await scene.CreateAsync(scene.A, """{"n":"text"}""");

        await scene.Repository.UpdateAsync(scene.B, id, Utf8("{}"));
        await scene.Repository.UpdateAsync(scene.A, "unknown", Utf8("{}"));
        await scene.Repository.UpdateAsync(scene.A, id, Utf8("[]"));
        await scene.Repository.DeleteAsync(scene.C, id);
        await scene.Repository.IncrementAsync(scene.A, id, "n", Utf8("1"));
        await scene.Repository.CreateManyAsync(scene.A, Identifiers.NewId(), Utf8("[{},1]"));
        await scene.Repository.UpdateManyAsync(scene.A, Utf8("{}"), [Where("n", QueryOperator.Equal, "1")]);
        await scene.Repository.DeleteManyAsync(scene.B, []);

        Assert.Equal("C1", scene.Heard(gateway));
    }

    [Fact]
    public async Task BulkWrites_AnnounceEachDocumentOnce()
    {
        var scene = new RepositoryScene(cluster, "x");
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));
        await scene.Repository.CreateManyAsync(scene.A, Identifiers.NewId(), Utf8($"[{string.Join(',', Enumerable.Repeat("{}", 25))}]"));

        await scene.Repository.UpdateManyAsync(scene.A, Utf8("""{"a":1}"""), []);
        await scene.Repository.DeleteManyAsync(scene.A, []);

        var expected = Enumerable.Range(1, 75).Select(position => $"{(position <= 25 ? 'C' : position <= 50 ? 'U' : 'D')}{position}");
        Assert.Equal(string.Join(' ', expected), scene.Heard(gateway));
    }

    [Fact]
    public async Task Event_GoesOnceToAGateway_ThatHasItsAudienceAndRoot()
    {
        var scene = new RepositoryScene(cluster, "x");
        var both = await scene.JoinAsync("both", Audience.OfAccount("A"), Audience.Root);
        var other = await scene.JoinAsync("other", Audience.OfAccount("C"));

        await scene.CreateAsync(scene.A);

        Assert.Equal("C1", scene.Heard(both));
        Assert.Equal("", scene.Heard(other));
    }

    [Fact]
    public async Task Write_Succeeds_WhenPublishingFails()
    {
        var scene = new RepositoryScene(cluster, "x");
        await scene.JoinAsync("broken", Audience.OfAccount("A"));
        var healthy = await scene.JoinAsync("healthy", Audience.OfAccount("A"));

        await scene.CreateAsync(scene.A);

        Assert.Equal("C1", scene.Heard(healthy));
    }

    [Fact]
    public async Task ParallelCreates_AllSucceed_AndArriveInOrder()
    {
        var scene = new RepositoryScene(cluster, "x");
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));

        await Task.WhenAll(Enumerable.Range(0, 500).Select(n => scene.CreateAsync(scene.A, $$"""{"n":{{n}}}""")));

        Assert.Equal(string.Join(' ', Enumerable.Range(1, 500).Select(position => $"C{position}")), scene.Heard(gateway));
    }

    [Fact]
    public async Task Statement_NeedsTheWholeTruth_WhenTheGrainWasRestarted()
    {
        var scene = new RepositoryScene(cluster, "x");
        await scene.CreateAsync(scene.A);
        var first = await scene.Repository.SetMembersAsync(Statement(1, false, Audience.OfAccount("A")));

        await cluster.Cluster.DeactivateAsync(scene.Repository);
        var difference = await scene.Repository.SetMembersAsync(Statement(2, false, Audience.OfAccount("B")));
        var whole = await scene.Repository.SetMembersAsync(Statement(3, true, Audience.OfAccount("A"), Audience.OfAccount("B")));

        Assert.Equal(new RepositoryMembershipReply(1, false, first.Activation), first);
        Assert.Equal(new RepositoryMembershipReply(1, true, whole.Activation), difference);
        Assert.Equal(new RepositoryMembershipReply(1, false, whole.Activation), whole);
        Assert.NotEqual(first.Activation, whole.Activation);
    }

    [Fact]
    public async Task PastChanges_AreRead_ByAudience()
    {
        var scene = new RepositoryScene(cluster, "x_760_");
        await scene.CreateAsync(scene.A);
        await scene.CreateAsync(scene.C);
        var id = await scene.CreateAsync(scene.B);
        await scene.Repository.DeleteAsync(scene.B, id);

        var (ofA, ofC, ofAll) = (await ReadAsync(0, Audience.OfAccount("A")), await ReadAsync(1, Audience.OfAccount("C")), await ReadAsync(1, Audience.Root));

        Assert.Equal(["C1", "C3", "D4"], ofA.Changes.Select(Describe));
        Assert.Equal(["C2"], ofC.Changes.Select(Describe));
        Assert.Equal(["C2", "C3", "D4"], ofAll.Changes.Select(Describe));
        Assert.All([ofA, ofC, ofAll], history => Assert.Equal((true, 4, true), (history.IsContinuous, history.UpTo, history.IsLast)));
        Assert.False((await ReadAsync(5, Audience.Root)).IsContinuous);

        async Task<RepositoryHistory> ReadAsync(long after, Audience audience) => (await scene.Repository.ReadChangesAsync(after, [audience])).Value!;
    }

    [Fact]
    public async Task ChangesOfAnotherActivation_AreNoticed_WithTheNextWrite()
    {
        var scene = new RepositoryScene(cluster, "x_760_");
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));
        await scene.CreateAsync(scene.A);
        await cluster.Store.CommitAsync(scene.Database, "x_760_", [New("{}", "A", "a").Write], TestContext.Current.CancellationToken);

        await scene.CreateAsync(scene.A);

        // A look at the store may have told of it before.
        var events = cluster.Inboxes.EventsOf(gateway);
        Assert.Equal([(0, 1), (2, 3)], new[] { events[0], events[^1] }.Select(sent => (sent.After, sent.UpTo)));
    }

    [Fact]
    public async Task ChangesOfAnotherActivation_AreToldWithoutAFurtherWrite_SoonAfterAGatewayBeganAnew()
    {
        var scene = new RepositoryScene(cluster, "x_760_");
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));

        await cluster.Store.CommitAsync(scene.Database, "x_760_", [New("{}", "A", "a").Write], TestContext.Current.CancellationToken);

        await Infrastructure.Eventually.TrueAsync(
            () => cluster.Inboxes.EventsOf(gateway) is [{ After: 1, UpTo: 1 }], "the gateway to hear that there is something to read");
    }

    [Fact]
    public async Task CommitWhoseAnswerWasLost_IsToldWithoutAFurtherWrite_AndCanBeRepeated()
    {
        var scene = new RepositoryScene(cluster, "x_760_");
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));
        var id = Identifiers.NewId();
        ForgetfulStore.LoseNextAnswer(cluster.Store, scene.Database);

        var lost = await scene.Repository.CreateAsync(scene.A, id, Utf8("{}"));

        Assert.Equal(RealtimeError.TemporarilyUnavailable, lost.Error);
        await Infrastructure.Eventually.TrueAsync(
            () => cluster.Inboxes.EventsOf(gateway) is [{ After: 1, UpTo: 1 }], "the gateway to hear that there is something to read");
        Assert.Null((await scene.Repository.CreateAsync(scene.A, id, Utf8("{}"))).Error);
        Assert.Single((await scene.Repository.ReadChangesAsync(0, [Audience.OfAccount("A")])).Value!.Changes);
    }

    [Fact]
    public async Task RepeatedCreate_IsAnsweredLikeTheFirst_AndAnnouncedOnce()
    {
        var scene = new RepositoryScene(cluster, "x");
        var gateway = await scene.JoinAsync("g", Audience.OfAccount("A"));
        var (one, many) = (Identifiers.NewId(), Identifiers.NewId());

        var singles = new[] { await scene.Repository.CreateAsync(scene.A, one, Utf8("{}")), await scene.Repository.CreateAsync(scene.A, one, Utf8("{}")) };
        var bulks = new[] { await scene.Repository.CreateManyAsync(scene.A, many, Utf8("[{},{}]")), await scene.Repository.CreateManyAsync(scene.A, many, Utf8("[{},{}]")) };

        Assert.Equal(Text(singles[0].Value), Text(singles[1].Value));
        Assert.Equal([2, 2], bulks.Select(bulk => bulk.Value));
        Assert.Equal("C1 C2 C3", scene.Heard(gateway));
    }

    [Fact]
    public async Task Members_AreCounted_OnlyAtGatewaysThatLive()
    {
        var scene = new RepositoryScene(cluster, "x");
        await scene.JoinAsync("one", Audience.OfAccount("A"), Audience.OfAccount("C"));
        var dying = await scene.JoinAsync("two", Audience.Root);
        var before = await scene.Repository.CountMembersAsync();

        cluster.Roster.Bury(dying);

        Assert.Equal((3, 2), (before, await scene.Repository.CountMembersAsync()));
    }

    [Fact]
    public async Task Activation_IsKept_WhileItHasMembers()
    {
        var (followed, left) = (new RepositoryScene(cluster, "x"), new RepositoryScene(cluster, "x"));
        var gateway = await followed.JoinAsync("g", Audience.OfAccount("A"));
        await left.JoinAsync("g", Audience.OfAccount("A"));
        await left.JoinAsync("g");

        await cluster.Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero, TestContext.Current.CancellationToken);
        await followed.CreateAsync(followed.A);

        Assert.Equal("C1", followed.Heard(gateway));
        Assert.False(cluster.Cluster.TryGetGrainContext(left.Repository.GetGrainId(), out _));
    }

    private static string Describe(DocumentChange change) => $"{change.Kind.ToString()[0]}{change.Position}";

    private static RepositoryMembership Statement(long version, bool isWhole, params Audience[] added) =>
        new("g", version, isWhole, added.Length, [.. added], []);
}
