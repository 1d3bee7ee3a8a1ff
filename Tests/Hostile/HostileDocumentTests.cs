using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Hostile;

/// <summary>Text that means something to a database, a JSON reader or a file system: it is data, and nothing breaks.</summary>
public sealed class HostileDocumentTests(RealtimeBackend backend)
{
    public static TheoryData<string> OddTexts =>
    [
        "' OR 1=1 --", "'; DROP TABLE documents; --", "\"; DELETE FROM x; --", "x') UNION SELECT * FROM sqlite_master --", "%", "_", "*", "?",
        "@p0", "$1", "$.a", "$[0]", "$", "a.b", "a\"b", "a[0]", "a'b", "[#-1]", "a\0b", "\0", "\u001f", "🎉é", "ﬀ", "\u202e", "\\", "\\\"", "null",
        "json_extract(body,'$.x')", "rowid", "constructor", " ", "../../etc/passwd",
    ];

    [Theory]
    [MemberData(nameof(OddTexts))]
    public async Task OddValue_IsStoredAndFoundAsItIs(string text)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, new[] { new { v = text }, new { v = "other" } });

        foreach (var (op, value, expected) in new (string, object, int)[] { ("==", text, 1), ("!=", text, 1), ("in", new[] { text }, 1), ("!in", new[] { text }, 1), (">=", text, -1) })
        {
            var page = await database.SendAsync(HttpMethod.Post, "/query/x", user.Token, new[] { new[] { "v", op, value } });
            Assert.True(expected < 0 || page.GetProperty("total").GetInt32() == expected, $"{op}: {page}");
        }

        var found = await database.SendAsync(HttpMethod.Post, "/query/x", user.Token, new[] { new[] { "v", "==", text } });
        Assert.Equal(text, found.GetProperty("results")[0].GetProperty("v").GetString());
    }

    [Theory]
    [MemberData(nameof(OddTexts))]
    public async Task OddField_IsAFieldLikeAnyOther_OrRefused(string field)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "db-x");
        var body = new Dictionary<string, object> { [field] = 5, ["witness"] = 1 };

        var created = await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, body);
        await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { witness = 2 });
        var id = created.GetProperty("id").GetString();
        Assert.Equal(created.GetRawText(), (await client.ExpectAsync("db_created")).Data);
        await client.ExpectAsync("db_created");

        var (status, page) = await database.TryAsync(HttpMethod.Post, "/query/x", client.Token, new[] { new object[] { field, "==", 5 } });
        Assert.True(status == 400 || page!.Value.GetProperty("total").GetInt32() == 1, $"{status} {page}");
        var (sortStatus, sorted) = await database.TryAsync(HttpMethod.Post, $"/query/x?sort={Uri.EscapeDataString(field)}", client.Token, Array.Empty<object>());
        Assert.True(sortStatus == 400 || sorted!.Value.GetProperty("total").GetInt32() == 2, $"{sortStatus} {sorted}");
        var (indexStatus, _) = await database.TryAsync(HttpMethod.Post, $"/sudo/index?col=x&field={Uri.EscapeDataString(field)}", database.RootToken, null);
        Assert.Contains(indexStatus, new[] { 200, 400 });
        var (incrementStatus, _) = await database.TryAsync(HttpMethod.Put, $"/inc/x/{id}", client.Token, new { field, range = 1 });
        var read = await database.SendAsync(HttpMethod.Get, $"/db/x/{id}", client.Token);
        Assert.Equal(incrementStatus == 200 ? 6 : 5, read.GetProperty(field).GetInt32());
        Assert.Contains(incrementStatus, new[] { 200, 400 });
        Assert.Equal(4, read.EnumerateObject().Count());
    }

    [Theory]
    [MemberData(nameof(OddTexts))]
    public async Task OddId_IsUnknown(string text)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { v = 1 });
        var id = Uri.EscapeDataString(text);

        foreach (var (method, path) in new[] { (HttpMethod.Get, $"/db/x/{id}"), (HttpMethod.Put, $"/db/x/{id}"), (HttpMethod.Delete, $"/db/x/{id}"), (HttpMethod.Put, $"/inc/x/{id}"), (HttpMethod.Delete, $"/account/users/{id}") })
        {
            var (status, body) = await database.TryAsync(method, path, user.Token, new { field = "v", range = 1, v = 2 });
            Assert.True(status is 400 or 404 or 405 || (status == 200 && body!.Value.GetRawText() == "0"), $"{method} {path}: {status} {body}");
        }

        var many = await database.SendAsync(HttpMethod.Post, "/db/x?ids=1", user.Token, new[] { text });
        var page = await database.SendAsync(HttpMethod.Get, "/db/x", user.Token);
        Assert.Equal(0, many.GetArrayLength());
        Assert.Equal((1, 1), (page.GetProperty("total").GetInt32(), page.GetProperty("results")[0].GetProperty("v").GetInt32()));
    }

    [Theory]
    [MemberData(nameof(OddTexts))]
    [InlineData("x; drop table x")]
    [InlineData("x--")]
    public async Task OddRepository_IsRefused_OrARepositoryOfItsOwn(string text)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { v = 1 });
        var name = Uri.EscapeDataString(text);

        foreach (var (method, path) in new[] { (HttpMethod.Get, $"/db/{name}"), (HttpMethod.Post, $"/db/{name}"), (HttpMethod.Post, $"/query/{name}"), (HttpMethod.Delete, $"/db/{name}?bulk=1&x=W10="), (HttpMethod.Post, $"/db/count/{name}") })
        {
            var (status, _) = await database.TryAsync(method, path, user.Token, method == HttpMethod.Post ? Array.Empty<object>() : null);
            Assert.InRange(status, 200, 499);
        }

        await database.TryAsync(HttpMethod.Post, $"/sudo/index?col={name}&field=v", database.RootToken, null);
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Get, "/db/x", user.Token)).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("1e400")]
    [InlineData("-1e400")]
    [InlineData("1e-400")]
    [InlineData("123456789012345678901234567890")]
    [InlineData("9223372036854775808")]
    [InlineData("-0")]
    [InlineData("0.1000000000000000055511151231257827")]
    public async Task HugeNumbers_StayWhatTheyAre_OrAreRefused(string number)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        var (status, created) = await database.TryAsync(HttpMethod.Post, "/db/x", user.Token, new StringContent($$"""{"n":{{number}}}"""));
        var (queried, _) = await database.TryAsync(HttpMethod.Post, "/query/x?sort=n", user.Token, new StringContent($$"""[["n","<=",{{number}}],["n","in",[{{number}}]]]"""));
        var id = status == 201 ? created!.Value.GetProperty("id").GetString() : "unknown";
        var (increased, _) = await database.TryAsync(HttpMethod.Put, $"/inc/x/{id}", user.Token, new StringContent($$"""{"field":"n","range":{{number}}}"""));

        Assert.True(status == 400 || created!.Value.GetProperty("n").GetRawText() == number, $"{status} {created}");
        Assert.Contains(queried, new[] { 200, 400 });
        Assert.Contains(increased, new[] { 200, 400, 404 });
    }

    [Fact]
    public async Task IncreaseBeyondAllNumbers_IsRefused()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var id = (await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new StringContent("""{"n":1.7e308}"""))).GetProperty("id").GetString();

        var refused = await database.RefusedAsync(HttpMethod.Put, $"/inc/x/{id}", user.Token, new StringContent("""{"field":"n","range":1.7e308}"""));

        Assert.Equal(400, refused.Status);
        Assert.Equal("1.7e308", (await database.SendAsync(HttpMethod.Get, $"/db/x/{id}", user.Token)).GetProperty("n").GetRawText());
    }

    [Theory]
    [InlineData("""{"a":"\ud800"}""")]
    [InlineData("""{"\udc00":1}""")]
    [InlineData("""{"a":1,"a":2}""")]
    [InlineData("""{"id":"x","id":"y","accountId":"z","accountId":"w"}""")]
    [InlineData("""{"\u0069d":"x","a":1}""")]
    [InlineData("""{"":""}""")]
    [InlineData("""{"a":"\u0000"}""")]
    [InlineData("\ufeff{}")]
    [InlineData("""{"a":/* comment */1}""")]
    [InlineData("""{"a":NaN}""")]
    [InlineData("""{"a":01}""")]
    public async Task OddDocument_IsStoredForGood_OrRefused(string body)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.ServerSentEvents, "db-x");

        var (status, created) = await database.TryAsync(HttpMethod.Post, "/db/x", client.Token, new StringContent(body));

        if (status == 201)
        {
            var id = created!.Value.GetProperty("id").GetString();
            Assert.NotEqual("x", id);
            Assert.Equal(created.Value.GetRawText(), (await client.ExpectAsync("db_created")).Data);
            Assert.Equal(created.Value.GetRawText(), (await database.SendAsync(HttpMethod.Get, $"/db/x/{id}", client.Token)).GetRawText());
            Assert.Single(created.Value.EnumerateObject(), static member => member.NameEquals("id"));
            Assert.Single(created.Value.EnumerateObject(), static member => member.NameEquals("accountId"));
            await database.SendAsync(HttpMethod.Put, $"/db/x/{id}", client.Token, new { b = 1 });
            await client.ExpectAsync("db_updated");
        }

        Assert.Contains(status, new[] { 201, 400 });
        await database.SendAsync(HttpMethod.Post, "/db/x", client.Token, new { fence = true });
        await client.ExpectAsync("db_created");
    }

    [Theory]
    [InlineData(50)]
    [InlineData(64)]
    [InlineData(500)]
    [InlineData(20_000)]
    public async Task DeepDocuments_AreStoredOrRefused(int depth)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "db-x");
        var deep = $"{new string('[', depth)}{new string(']', depth)}";

        var (status, _) = await database.TryAsync(HttpMethod.Post, "/db/x", client.Token, new StringContent($$"""{"a":{{deep}}}"""));
        var (bulk, _) = await database.TryAsync(HttpMethod.Post, "/db/x?bulk=1", client.Token, new StringContent($$"""[{"a":{{deep}}}]"""));
        var (query, _) = await database.TryAsync(HttpMethod.Post, "/query/x", client.Token, new StringContent($$"""[["a","==",{{deep}}]]"""));
        var (update, _) = await database.TryAsync(HttpMethod.Put, "/db/x?bulk=1", client.Token, new StringContent($$"""{"update":{"a":{{deep}}},"clauses":[]}"""));

        Assert.All(new[] { status, bulk, query, update }, static s => Assert.Contains(s, new[] { 200, 201, 400 }));
        Assert.Equal(depth <= 50 ? 201 : status, status);
        await database.SendAsync(HttpMethod.Get, "/db/x", client.Token);
    }

    [Fact]
    public async Task ManyElementsAndClauses_AreAnsweredOrRefused()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { n = 9_999 });
        var elements = Enumerable.Range(0, 10_000).ToArray();

        var (inStatus, found) = await database.TryAsync(HttpMethod.Post, "/query/x", user.Token, new[] { new object[] { "n", "in", elements } });
        var (clauses, _) = await database.TryAsync(HttpMethod.Post, "/query/x", user.Token, Enumerable.Repeat(new object[] { "n", "==", 1 }, 10_000));
        var (ids, _) = await database.TryAsync(HttpMethod.Post, "/db/x?ids=1", user.Token, elements.Select(static n => $"{n}"));
        var (long64, _) = await database.TryAsync(HttpMethod.Get, $"/db/x?page=99999999999999999999&size=NaN&sort={new string('n', 3000)}", user.Token, null);

        Assert.True(inStatus == 400 || found!.Value.GetProperty("total").GetInt32() == 1, $"{inStatus} {found}");
        Assert.Equal((400, 400, 200), (clauses, ids, long64 == 400 ? 200 : long64));
    }
}
