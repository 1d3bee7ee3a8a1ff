using System.Text.Json;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 3.2: documents one by one and in pages.</summary>
public sealed class DocumentEndpointConformanceTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Create_AnswersWith201AndTheDocument()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        const string Body = """{"text":"Québec 🎉","big":12345678901234567890,"exact":0.1,"exp":1e30,"deep":{"a":[1,null,{"b":false}]},"ownerId":"x"}""";

        using var response = await database.SendRawAsync(HttpMethod.Post, "/db/x", user.Token, new StringContent(Body));
        var created = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
        var read = await database.SendAsync(HttpMethod.Get, $"/db/x/{created.GetProperty("id").GetString()}", user.Token);

        Assert.Equal((201, "application/json"), ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.Equal(["accountId", "big", "deep", "exact", "exp", "id", "text"], created.EnumerateObject().Select(static m => m.Name).Order(StringComparer.Ordinal));
        Assert.Equal("12345678901234567890", created.GetProperty("big").GetRawText());
        Assert.Equal("0.1", created.GetProperty("exact").GetRawText());
        Assert.True(JsonElement.DeepEquals(created, read));
    }

    [Theory]
    [InlineData("[]")]
    [InlineData("5")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{}{}")]
    public async Task Create_IsRefused_WhenTheBodyIsNoObject(string body)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        var refused = await database.RefusedAsync(HttpMethod.Post, "/db/x", user.Token, new StringContent(body));

        Assert.Equal((400, "invalid body"), refused);
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Get, "/db/x", user.Token)).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task Create_IsRefused_WhenItIsTooLarge()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        var document = await database.RefusedAsync(HttpMethod.Post, "/db/x", user.Token, new { text = new string('x', (1024 * 1024) + 1) });
        var body = await database.RefusedAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, new[] { new { text = new string('x', 5 * 1024 * 1024) } });
        var bulk = await database.RefusedAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, Enumerable.Range(0, 1001).Select(static n => new { n }));

        Assert.Equal((413, 413, 400), (document.Status, body.Status, bulk.Status));
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Get, "/db/x", user.Token)).GetProperty("total").GetInt32());
    }

    [Fact]
    public async Task BulkCreate_AnswersWith201AndTrue()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        using var response = await database.SendRawAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, new[] { new { n = 1 }, new { n = 2 } });

        Assert.Equal((201, "true"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
    }

    [Fact]
    public async Task List_IsPaged_OldestFirst()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, Enumerable.Range(1, 130).Select(static n => new { n }));

        Assert.Equal((1, 25, 130, 1, 25), await PageAsync(database, user, "/db/x"));
        Assert.Equal((2, 25, 130, 26, 50), await PageAsync(database, user, "/db/x?page=2"));
        Assert.Equal((1, 10, 130, 130, 121), await PageAsync(database, user, "/db/x?size=10&desc=true"));
        Assert.Equal((1, 100, 130, 1, 100), await PageAsync(database, user, "/db/x?size=1000"));
        Assert.Equal((2, 100, 130, 101, 130), await PageAsync(database, user, "/db/x?page=2&size=100&desc=false"));
        Assert.Equal((1, 25, 130, 1, 25), await PageAsync(database, user, "/db/x?page=0&size=-1"));
        Assert.Equal((3, 100, 130, 0, 0), await PageAsync(database, user, "/db/x?page=3&size=100"));
    }

    [Theory]
    [InlineData("GET", "/db/unknown")]
    [InlineData("POST", "/query/unknown")]
    [InlineData("GET", "/sudo/unknown")]
    [InlineData("POST", "/sudoquery/unknown")]
    public async Task UnknownRepository_IsAnEmptyPage(string method, string path)
    {
        var database = await backend.CreateDatabaseAsync();
        var token = path.StartsWith("/sudo", StringComparison.Ordinal) ? database.RootToken : (await database.RegisterAsync()).Token;

        var page = await database.SendAsync(new HttpMethod(method), path, token);

        Assert.Equal("""{"page":1,"size":25,"total":0,"results":[]}""", page.GetRawText());
    }

    [Fact]
    public async Task GetMany_KeepsTheOrder_AndSkipsWhatCannotBeRead()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var stranger = await database.RegisterAsync();
        var first = await CreateAsync(database, user, "x");
        var hidden = await CreateAsync(database, stranger, "x");
        var second = await CreateAsync(database, user, "x");

        var found = await database.SendAsync(HttpMethod.Post, "/db/x?ids=true", user.Token, new[] { second, "unknown", hidden, first });

        Assert.Equal([second, first], found.EnumerateArray().Select(static document => document.GetProperty("id").GetString()));
        Assert.Equal((400, "ids list can not be empty"), await database.RefusedAsync(HttpMethod.Post, "/db/x?ids=true", user.Token, Array.Empty<string>()));
        Assert.Equal((400, "invalid body"), await database.RefusedAsync(HttpMethod.Post, "/db/x?ids=true", user.Token, new[] { 1 }));
    }

    [Fact]
    public async Task UnreadableDocuments_DoNotExist()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var stranger = await database.RegisterAsync();
        var id = await CreateAsync(database, owner, "x");

        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Get, $"/db/x/{id}", stranger.Token));
        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Put, $"/db/x/{id}", stranger.Token, new { n = 2 }));
        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Put, $"/inc/x/{id}", stranger.Token, new { field = "n", range = 1 }));
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Delete, $"/db/x/{id}", stranger.Token)).GetInt32());
        Assert.Equal(0, (await database.SendAsync(HttpMethod.Post, "/db/count/x", stranger.Token)).GetProperty("count").GetInt32());
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Get, $"/db/x/{id}", owner.Token)).GetProperty("n").GetInt32());
    }

    [Fact]
    public async Task Update_MergesTheTopLevel()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var created = await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { a = 1, b = new { c = 1, d = 2 } });
        var path = $"/db/x/{created.GetProperty("id").GetString()}";

        var updated = await database.SendAsync(HttpMethod.Put, path, user.Token, new { b = new { c = 3 }, e = (string?)null });

        Assert.Equal(1, updated.GetProperty("a").GetInt32());
        Assert.Equal("""{"c":3}""", updated.GetProperty("b").GetRawText());
        Assert.Equal(JsonValueKind.Null, updated.GetProperty("e").ValueKind);
        Assert.Equal((400, "invalid body"), await database.RefusedAsync(HttpMethod.Put, path, user.Token, new[] { 1 }));
    }

    [Fact]
    public async Task Increase_IsAtomic_AndStartsAtZero()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var id = await CreateAsync(database, user, "x");

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => database.SendAsync(HttpMethod.Put, $"/inc/x/{id}", user.Token, new { field = "votes", range = 2 })));
        await database.SendAsync(HttpMethod.Put, $"/inc/x/{id}", user.Token, new { field = "votes", range = -1.5 });

        Assert.Equal(38.5, (await database.SendAsync(HttpMethod.Get, $"/db/x/{id}", user.Token)).GetProperty("votes").GetDouble());
        await database.SendAsync(HttpMethod.Put, $"/db/x/{id}", user.Token, new { text = "x" });
        Assert.Equal(400, (await database.RefusedAsync(HttpMethod.Put, $"/inc/x/{id}", user.Token, new { field = "text", range = 1 })).Status);
        Assert.Equal((400, "invalid body"), await database.RefusedAsync(HttpMethod.Put, $"/inc/x/{id}", user.Token, new { field = "votes", range = "1" }));
        Assert.Equal((404, "document not found"), await database.RefusedAsync(HttpMethod.Put, "/inc/x/unknown", user.Token, new { field = "votes", range = 1 }));
    }

    [Theory]
    [InlineData("sb_tokens", 403)]
    [InlineData("SB_tokens", 403)]
    [InlineData("1x", 400)]
    [InlineData("x.y", 400)]
    [InlineData("x%20y", 400)]
    [InlineData("%C3%A9", 400)]
    public async Task RepositoryNames_AreChecked(string name, int status)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        Assert.Equal(status, (await database.RefusedAsync(HttpMethod.Get, $"/db/{name}", user.Token)).Status);
        Assert.Equal(status, (await database.RefusedAsync(HttpMethod.Post, $"/db/{name}", user.Token, new { n = 1 })).Status);
        Assert.Equal(status, (await database.RefusedAsync(HttpMethod.Post, $"/query/{name}", user.Token)).Status);
        Assert.Equal(status, (await database.RefusedAsync(HttpMethod.Get, $"/sudo/{name}", database.RootToken)).Status);
    }

    [Fact]
    public async Task EmptyBodyWithJsonType_IsAccepted_WhereNothingIsNeeded()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        using var content = new ByteArrayContent([]);
        content.Headers.ContentType = new("application/json");

        var count = await database.SendAsync(HttpMethod.Post, "/db/count/x", user.Token, content);

        Assert.Equal("""{"count":0}""", count.GetRawText());
    }

    private static async Task<string> CreateAsync(TestDatabase database, TestUser user, string repository) =>
        (await database.SendAsync(HttpMethod.Post, $"/db/{repository}", user.Token, new { n = 1 })).GetProperty("id").GetString()!;

    private static async Task<(int Page, int Size, int Total, int First, int Last)> PageAsync(TestDatabase database, TestUser user, string path)
    {
        var page = await database.SendAsync(HttpMethod.Get, path, user.Token);
        var results = page.GetProperty("results").EnumerateArray().Select(static document => document.GetProperty("n").GetInt32()).ToArray();
        return (page.GetProperty("page").GetInt32(), page.GetProperty("size").GetInt32(), page.GetProperty("total").GetInt32(), results.FirstOrDefault(), results.LastOrDefault());
    }
}
