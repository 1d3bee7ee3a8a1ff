using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: database events: what a write announces.</summary>
public sealed class DocumentWriteConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row62_63_64_Events_CarryTheDocumentThatIsRead_AndOfADeletedOneOnlyTheId(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "db-x");
        var user = await database.SendAsync(HttpMethod.Get, "/me", client.Token);

        var created = await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { a = "Québec \"✓\" 🎉", b = new { c = new[] { 1.5, 2 } }, d = 1 });
        var path = $"/db/x/{created.GetProperty("id").GetString()}";
        AssertEvent(await client.ExpectAsync("db_created"), client, created);
        AssertSame(created, await database.SendAsync(HttpMethod.Get, path, client.Token));
        Assert.Equal(["a", "accountId", "b", "d", "id"], created.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal));
        Assert.Equal(user.GetProperty("accountId").GetString(), created.GetProperty("accountId").GetString());

        var updated = await database.SendAsync(HttpMethod.Put, path, client.Token, new { d = 2 });
        AssertEvent(await client.ExpectAsync("db_updated"), client, updated);
        AssertSame(updated, await database.SendAsync(HttpMethod.Get, path, client.Token));
        Assert.Equal((2, "Québec \"✓\" 🎉"), (updated.GetProperty("d").GetInt32(), updated.GetProperty("a").GetString()));

        Assert.Equal(1, (await database.SendAsync(HttpMethod.Delete, path, client.Token)).GetInt32());
        var deleted = await client.ExpectAsync("db_deleted");
        Assert.Equal($"\"{created.GetProperty("id").GetString()}\"", deleted.Data);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row69_Writes_AnnounceEachDocumentOnce(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "db-x");

        Assert.True((await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", client.Token, new[] { new { n = 1 }, new { n = 2 }, new { n = 3 } })).GetBoolean());
        var created = await client.TakeAsync(3);
        Assert.Equal([("db_created", 1), ("db_created", 2), ("db_created", 3)], created.Select(static m => (m.Type, Document(m)["n"]!.GetValue<int>())));

        object update = new { update = new { done = true }, clauses = new object[] { new object[] { "n", "<=", 2 } } };
        Assert.Equal(2, (await database.SendAsync(HttpMethod.Put, "/db/x?bulk=1", client.Token, update)).GetInt32());
        var updated = await client.TakeAsync(2);
        Assert.All(updated, static m => Assert.Equal(("db_updated", true), (m.Type, Document(m)["done"]!.GetValue<bool>())));

        var third = Document(created[2])["id"]!.GetValue<string>();
        Assert.True((await database.SendAsync(HttpMethod.Put, $"/inc/x/{third}", client.Token, new { field = "n", range = 4 })).GetBoolean());
        Assert.Equal(7, Document(await client.ExpectAsync("db_updated"))["n"]!.GetValue<int>());

        Assert.Equal(2, (await database.SendAsync(HttpMethod.Delete, $"/db/x?bulk=1&x={Encode("[[\"done\",\"==\",true]]")}", client.Token)).GetInt32());
        Assert.Equal(
            updated.Select(static m => Document(m)["id"]!.GetValue<string>()).Order(StringComparer.Ordinal),
            (await client.TakeAsync(2)).Select(static m => Document(m).GetValue<string>()).Order(StringComparer.Ordinal));
        await ExpectFenceAsync(client);
    }

    [Fact]
    public async Task Row70_BulkCreate_IsAllOrNothing()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "db-x");

        foreach (var body in new[] { "[{\"n\":1},2,{\"n\":3}]", "[{\"n\":1},null]", "{\"n\":1}", "[{\"n\":1}", "" })
        {
            using var content = new StringContent(body);
            Assert.Equal((400, "invalid body"), await database.RefusedAsync(HttpMethod.Post, "/db/x?bulk=1", client.Token, content));
        }

        Assert.Equal(0, (await database.SendAsync(HttpMethod.Get, "/db/x", client.Token)).GetProperty("total").GetInt32());
        await ExpectFenceAsync(client);
    }

    [Fact]
    public async Task Row71_RefusedWrites_AnnounceNothing()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var colleague = await database.AddUserAsync(owner);
        await using var client = await database.ConnectMemberAsync(Transport.ServerSentEvents, "db-x", colleague);
        var created = await database.SendAsync(HttpMethod.Post, "/db/x", owner.Token, new { n = 1 });
        await client.ExpectAsync("db_created");
        var path = $"/db/x/{created.GetProperty("id").GetString()}";

        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Put, "/db/x/unknown", colleague.Token, new { n = 2 }));
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Delete, "/db/x/unknown", colleague.Token)).GetInt32());
        Assert.Equal((403, "not authorized"), await database.RefusedAsync(HttpMethod.Put, path, colleague.Token, new { n = 2 }));
        Assert.Equal((403, "not authorized"), await database.RefusedAsync(HttpMethod.Delete, path, colleague.Token));
        Assert.Equal((403, "not authorized"), await database.RefusedAsync(HttpMethod.Put, $"/inc/x/{created.GetProperty("id").GetString()}", colleague.Token, new { field = "n", range = 1 }));
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Put, "/db/x?bulk=1", colleague.Token, new { update = new { n = 2 }, clauses = Array.Empty<object>() })).GetInt32());
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Delete, $"/db/x?bulk=1&x={Encode("[]")}", colleague.Token)).GetInt32());

        AssertSame(created, await database.SendAsync(HttpMethod.Get, path, owner.Token));
        await ExpectFenceAsync(client);
    }

    [Theory]
    [InlineData("[[\"city\",\"==\",\"Québec\"]]", 2)]
    [InlineData("[]", 4)]
    [InlineData("[[\"city\",\"==\",\"~~~>>>???\"]]", 1)]
    public async Task Row75_DeleteBulk_ReadsLatin1AndUnescapedBase64(string filters, int expected)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "db-x");
        await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", client.Token, new[] { "Québec", "Paris", "Québec", "~~~>>>???" }.Select(static city => new { city }));
        await client.TakeAsync(4);

        // What btoa makes of the text, put into the query as it is: a literal + arrives.
        var base64 = Convert.ToBase64String(Encoding.Latin1.GetBytes(filters));
        var deleted = await database.SendAsync(HttpMethod.Delete, $"/db/x?bulk=1&x={base64}", client.Token);

        Assert.Equal(expected, deleted.GetInt32());
        Assert.All(await client.TakeAsync(expected), static message => Assert.Equal("db_deleted", message.Type));
        await ExpectFenceAsync(client);
    }

    [Fact]
    public async Task Row77_IdsOfOthers_AreIgnored()
    {
        var database = await backend.CreateDatabaseAsync();
        var other = await database.RegisterAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "db-x");
        var me = await database.SendAsync(HttpMethod.Get, "/me", client.Token);
        var stolen = new { id = "mine", accountId = other.AccountId, ownerId = other.Id, n = 1 };

        var created = await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, stolen);
        AssertEvent(await client.ExpectAsync("db_created"), client, created);
        var updated = await database.SendAsync(HttpMethod.Put, $"/db/x/{created.GetProperty("id").GetString()}", client.Token, stolen);
        AssertEvent(await client.ExpectAsync("db_updated"), client, updated);

        Assert.NotEqual("mine", created.GetProperty("id").GetString());
        Assert.Equal(me.GetProperty("accountId").GetString(), created.GetProperty("accountId").GetString());
        AssertSame(created, updated);
        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Get, $"/db/x/{created.GetProperty("id").GetString()}", other.Token));
    }

    [Theory]
    [InlineData("bm90IGpzb24=")]
    [InlineData("%25%25%25")]
    [InlineData("W1siYSJdXQ==")]
    [InlineData("e30=")]
    public async Task DeleteBulk_IsRefused_WhenFiltersAreNoFilters(string x)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "db-x");
        await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { n = 1 });
        await client.ExpectAsync("db_created");

        var (status, text) = await database.RefusedAsync(HttpMethod.Delete, $"/db/x?bulk=1&x={x}", client.Token);

        Assert.Equal(400, status);
        Assert.NotEmpty(text);
        await ExpectFenceAsync(client);
    }

    [Theory]
    [InlineData("/db/x")]
    [InlineData("/db/x?bulk=1")]
    [InlineData("/db/x?bulk=1&x=")]
    public async Task DeleteBulk_IsRefused_WithoutFilters(string path)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        var refused = await database.RefusedAsync(HttpMethod.Delete, path, user.Token);

        Assert.Equal((400, "no filters supplied via the &x= query parameter"), refused);
    }

    private static async Task ExpectFenceAsync(RealtimeClient client)
    {
        var fence = await client.Database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { fence = true });
        AssertEvent(await client.ExpectAsync("db_created"), client, fence);
    }

    private static void AssertEvent(ServerMessage message, RealtimeClient receiver, JsonElement document)
    {
        Assert.Equal((receiver.Sid, "db-x", ""), (message.Sid, message.Channel, message.Token));
        Assert.True(JsonNode.DeepEquals(JsonNode.Parse(message.Data), JsonNode.Parse(document.GetRawText())), message.Data);
    }

    private static void AssertSame(JsonElement expected, JsonElement actual) =>
        Assert.True(JsonElement.DeepEquals(expected, actual), $"{expected} is not {actual}");

    private static JsonNode Document(ServerMessage message) => JsonNode.Parse(message.Data)!;

    private static string Encode(string filters) => Uri.EscapeDataString(Convert.ToBase64String(Encoding.UTF8.GetBytes(filters)));
}
