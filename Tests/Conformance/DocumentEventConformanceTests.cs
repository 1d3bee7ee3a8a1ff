using System.Text.Json;
using Realtime.Tests.Infrastructure;
using Realtime.Users;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: database events: to whom.</summary>
public sealed class DocumentEventConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row61_TheSeedsExample(Transport transport)
    {
        await using var people = await People.JoinAsync(backend, transport, "tasks_760_");
        var (database, a, b, c) = (people.Database, people.A, people.B, people.C);

        var d1 = Id(await database.SendAsync(HttpMethod.Post, "/db/tasks_760_", a.Token, new { name = "d1" }));
        await people.ExpectAsync("db_created", d1, a, b);
        await database.SendAsync(HttpMethod.Put, $"/db/tasks_760_/{d1}", b.Token, new { name = "by B" });
        await people.ExpectAsync("db_updated", d1, a, b);
        var (status, _) = await database.RefusedAsync(HttpMethod.Put, $"/db/tasks_760_/{d1}", c.Token, new { name = "by C" });
        Assert.Equal(404, status);
        var d2 = Id(await database.SendAsync(HttpMethod.Post, "/db/tasks_760_", c.Token, new { name = "d2" }));
        await people.ExpectAsync("db_created", d2, c);
        await database.SendAsync(HttpMethod.Post, "/db/tasks_760_?bulk=1", a.Token, new[] { new { n = 1 }, new { n = 2 }, new { n = 3 } });
        foreach (var member in new[] { a, b })
        {
            Assert.Equal([1, 2, 3], (await member.TakeAsync(3)).Select(static message => Document(message).GetProperty("n").GetInt32()));
        }

        await database.SendAsync(HttpMethod.Delete, $"/db/tasks_760_/{d1}", b.Token);
        await people.ExpectAsync("db_deleted", d1, a, b);
        var list = await database.SendAsync(HttpMethod.Get, "/db/tasks_760_", c.Token);
        Assert.Equal([d2], list.GetProperty("results").EnumerateArray().Select(Id));
        await database.SendAsync(HttpMethod.Put, $"/sudo/tasks_760_/{d2}", database.RootToken, new { name = "by root" });
        await people.ExpectAsync("db_updated", d2, c);
        await people.ExpectNothingMoreAsync("tasks_760_");
    }

    [Fact]
    public async Task Row65_DefaultPermissions_TellTheAccount_AndLetOnlyTheOwnerWrite()
    {
        await using var people = await People.JoinAsync(backend, Transport.WebSocket, "x");

        var id = Id(await people.Database.SendAsync(HttpMethod.Post, "/db/x", people.A.Token, new { n = 1 }));
        await people.ExpectAsync("db_created", id, people.A, people.B);
        var refused = await people.Database.RefusedAsync(HttpMethod.Put, $"/db/x/{id}", people.B.Token, new { n = 2 });

        Assert.Equal((403, "not authorized"), refused);
        await people.ExpectNothingMoreAsync("x");
    }

    [Theory]
    [InlineData("x_700_")]
    [InlineData("x_600_")]
    public async Task Row66_OwnersOnly_TellTheOwnerAlone_OnAllItsConnections(string repository)
    {
        await using var people = await People.JoinAsync(backend, Transport.ServerSentEvents, repository);
        await using var second = await people.Database.ConnectMemberAsync(
            Transport.WebSocket, "db-" + repository, people.UserA, await backend.OtherGatewayAsync());

        var id = Id(await people.Database.SendAsync(HttpMethod.Post, $"/db/{repository}", people.A.Token, new { n = 1 }));

        await people.ExpectAsync("db_created", id, people.A, second);
        await people.ExpectNothingMoreAsync(repository);
    }

    [Theory]
    [InlineData("x_774_")]
    [InlineData("x_766_")]
    [InlineData("x_704_")]
    [InlineData("pub_x")]
    public async Task Row67_Everyones_TellAllMembers_OfThisDatabaseOnly(string repository)
    {
        await using var people = await People.JoinAsync(backend, Transport.WebSocket, repository);
        var foreign = await backend.CreateDatabaseAsync();
        await using var stranger = await foreign.ConnectMemberAsync(Transport.WebSocket, "db-" + repository);

        var id = Id(await people.Database.SendAsync(HttpMethod.Post, $"/db/{repository}", people.A.Token, new { n = 1 }));
        await people.ExpectAsync("db_created", id, people.A, people.B, people.C);
        await people.ExpectNothingMoreAsync(repository, isEveryones: true);
        var fence = Id(await foreign.SendAsync(HttpMethod.Post, $"/db/{repository}", stranger.Token, new { fence = true }));

        Assert.Equal(fence, Id(Document(await stranger.ExpectAsync("db_created"))));
    }

    [Fact]
    public async Task Row68_PublicRepository_IsReadByAnybody_AndWrittenByUsers()
    {
        await using var people = await People.JoinAsync(backend, Transport.ServerSentEvents, "pub_x");
        var database = people.Database;

        var id = Id(await database.SendAsync(HttpMethod.Post, "/db/pub_x", people.A.Token, new { n = 1 }));
        await people.ExpectAsync("db_created", id, people.A, people.B, people.C);
        var list = await database.SendAsync(HttpMethod.Get, "/db/pub_x", token: null);

        Assert.Equal([id], list.GetProperty("results").EnumerateArray().Select(Id));
        const string Missing = "missing authorization HTTP header";
        Assert.Equal((401, Missing), await database.RefusedAsync(HttpMethod.Post, "/db/pub_x", null, new { n = 2 }));
        Assert.Equal((401, Missing), await database.RefusedAsync(HttpMethod.Put, $"/db/pub_x/{id}", null, new { n = 2 }));
        Assert.Equal((401, Missing), await database.RefusedAsync(HttpMethod.Delete, $"/db/pub_x/{id}", null));
        Assert.Equal((403, "not authorized"), await database.RefusedAsync(HttpMethod.Put, $"/db/pub_x/{id}", people.C.Token, new { n = 2 }));
        await people.ExpectNothingMoreAsync("pub_x", isEveryones: true);
    }

    [Fact]
    public async Task Row72_74_RepositoriesOfSimilarNames_HaveNothingInCommon()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var plain = await database.ConnectMemberAsync(Transport.WebSocket, "db-x");
        await using var suffixed = await database.ConnectMemberAsync(Transport.WebSocket, "db-x_760_");
        var secret = await database.SendAsync(HttpMethod.Post, "/db/x", plain.Token, new { secret = true });
        await plain.ExpectAsync("db_created");

        Assert.Equal(0, (await database.SendAsync(HttpMethod.Get, "/db/x_777_", suffixed.Token)).GetProperty("total").GetInt32());
        var path = $"/db/x_777_/{Id(secret)}";
        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Get, path, plain.Token));
        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Put, path, plain.Token, new { secret = false }));
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Delete, path, plain.Token)).GetInt32());
        var other = await database.SendAsync(HttpMethod.Post, "/db/x_760_", suffixed.Token, new { a = 1 });

        Assert.Equal(Id(other), Id(Document(await suffixed.ExpectAsync("db_created"))));
        var fence = await database.SendAsync(HttpMethod.Post, "/db/x", plain.Token, new { fence = true });
        Assert.Equal(Id(fence), Id(Document(await plain.ExpectAsync("db_created"))));
        Assert.True((await database.SendAsync(HttpMethod.Get, $"/db/x/{Id(secret)}", plain.Token)).GetProperty("secret").GetBoolean());
    }

    [Fact]
    public async Task Row73_RootsWrite_IsToldToTheDocumentsAccount()
    {
        await using var people = await People.JoinAsync(backend, Transport.ServerSentEvents, "x");
        var id = Id(await people.Database.SendAsync(HttpMethod.Post, "/db/x", people.A.Token, new { n = 1 }));
        await people.ExpectAsync("db_created", id, people.A, people.B);

        await people.Database.SendAsync(HttpMethod.Put, $"/sudo/x/{id}", people.Database.RootToken, new { n = 2 });

        await people.ExpectAsync("db_updated", id, people.A, people.B);
        await people.ExpectNothingMoreAsync("x");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row76_Events_BeginWithTheMembership_AndEndWithIt(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(transport);

        await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { n = 1 });
        await client.JoinAsync("db-x");
        await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { n = 2 });
        Assert.Equal(2, Document(await client.ExpectAsync("db_created")).GetProperty("n").GetInt32());
        await client.SendAsync("leave", "db-x");
        await client.ExpectAsync("left", "db-x");
        await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { n = 3 });
        await client.JoinAsync("db-x");
        await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { n = 4 });

        Assert.Equal(4, Document(await client.ExpectAsync("db_created")).GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task RoleChange_MovesTheMembersOfARepositoryToAnotherAudience()
    {
        var database = await backend.CreateDatabaseAsync();
        var promoted = await database.RegisterAsync();
        var owner = await database.RegisterAsync();
        await using var member = await database.ConnectMemberAsync(
            Transport.WebSocket, "db-x_700_", promoted, await backend.OtherGatewayAsync());
        var user = (await backend.ClientAsync()).GetGrain<IUserGrain>(UserKeys.User(database.PublicKey, promoted.Id));
        async Task<bool> SeesOthersAsync()
        {
            var foreign = Id(await database.SendAsync(HttpMethod.Post, "/db/x_700_", owner.Token, new { n = 1 }));
            var own = Id(await database.SendAsync(HttpMethod.Post, "/db/x_700_", promoted.Token, new { fence = true }));
            var first = Id(Document(await member.ExpectAsync("db_created")));
            return first == foreign && Id(Document(await member.ExpectAsync("db_created"))) == own;
        }

        Assert.False(await SeesOthersAsync());
        await user.SetRoleAsync(CallerIdentity.RootRole);
        await Eventually.TrueAsync(SeesOthersAsync, "a root user to be told of everybody's documents", Eventually.Soon);
        await user.SetRoleAsync(50);
        await Eventually.TrueAsync(async () => !await SeesOthersAsync(), "a former root user to be told of its own documents only", Eventually.Soon);
    }

    private static JsonElement Document(ServerMessage message) => JsonDocument.Parse(message.Data).RootElement.Clone();

    private static string Id(JsonElement document) =>
        document.ValueKind == JsonValueKind.String ? document.GetString()! : document.GetProperty("id").GetString()!;
}
