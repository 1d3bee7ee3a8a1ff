using System.Text;
using System.Text.Json;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 3.2 and 3.3: filters, root calls, public reads, and what isn't built.</summary>
public sealed class QueryEndpointConformanceTests(RealtimeBackend backend)
{
    private static readonly object[] Documents =
    [
        new { k = 1, n = 9, s = "b", tags = new[] { "red", "blue" } },
        new { k = 2, n = 10, s = "a", tags = new[] { "red" } },
        new { k = 3, n = 10.5, s = "B" },
        new { k = 4, n = "10", s = (string?)null },
        new { k = 5, s = "b", flag = true },
    ];

    [Theory]
    [InlineData("""[["n","==",10]]""", "2")]
    [InlineData("""[["n","=","10"]]""", "4")]
    [InlineData("""[["n",">",9]]""", "2 3")]
    [InlineData("""[["n",">=",10],["n","<=",10]]""", "2")]
    [InlineData("""[["n","<",10]]""", "1")]
    [InlineData("""[["s","==","b"],["n","==",9]]""", "1")]
    [InlineData("""[["s",">","a"]]""", "1 5")]
    [InlineData("""[["flag","==",true]]""", "5")]
    [InlineData("""[["s","==",null]]""", "4")]
    [InlineData("""[["flag","==",null]]""", "1 2 3 4")]
    [InlineData("""[["k","in",[1,3,99]]]""", "1 3")]
    [InlineData("""[["tags","in","blue"]]""", "1")]
    [InlineData("""[["k","!in",[1,2,3]]]""", "4 5")]
    [InlineData("""[["k","nin",[5]],["k","<>",1],["k","!=",2]]""", "3 4")]
    [InlineData("[]", "1 2 3 4 5")]
    [InlineData("", "1 2 3 4 5")]
    public async Task Query_ComparesByType(string filters, string expected)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, Documents);

        var page = await database.SendAsync(HttpMethod.Post, "/query/x", user.Token, new StringContent(filters));
        var count = await database.SendAsync(HttpMethod.Post, "/db/count/x", user.Token, new StringContent(filters));

        Assert.Equal(expected, string.Join(' ', Keys(page)));
        Assert.Equal(expected.Split(' ').Length, page.GetProperty("total").GetInt32());
        Assert.Equal($$"""{"count":{{expected.Split(' ').Length}}}""", count.GetRawText());
    }

    [Theory]
    [InlineData("""[["n","xx",1]]""", "the 1 query clause's operator: xx is not supported at the moment")]
    [InlineData("""[["n","==",1],["n","LIKE","%"]]""", "the 2 query clause's operator: LIKE is not supported at the moment")]
    [InlineData("""[["n","=="]]""", "the 1 query clause must be an array of field, operator and value")]
    [InlineData("""[["n","==",1],5]""", "the 2 query clause must be an array of field, operator and value")]
    [InlineData("""[[1,"==",1]]""", "the 1 query clause must be an array of field, operator and value")]
    [InlineData("""{"n":1}""", "invalid body")]
    [InlineData("[", "invalid body")]
    public async Task Query_IsRefused_AndNamesTheClause(string filters, string text)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        Assert.Equal((400, text), await database.RefusedAsync(HttpMethod.Post, "/query/x", user.Token, new StringContent(filters)));
        Assert.Equal((400, text), await database.RefusedAsync(HttpMethod.Post, "/db/count/x", user.Token, new StringContent(filters)));
        Assert.Equal((400, text), await database.RefusedAsync(HttpMethod.Post, "/sudoquery/x", database.RootToken, new StringContent(filters)));
    }

    [Fact]
    public async Task Query_IsPagedAndSorted()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, Enumerable.Range(1, 30).Select(static k => new { k, reverse = -k }));

        var second = await database.SendAsync(HttpMethod.Post, "/query/x?page=2&size=10", user.Token, new[] { new object[] { "k", ">", 5 } });
        var sorted = await database.SendAsync(HttpMethod.Post, "/query/x?size=3&sort=reverse", user.Token);
        var descending = await database.SendAsync(HttpMethod.Post, "/query/x?size=3&sort=reverse&desc=true", user.Token);

        Assert.Equal((2, 10, 25), (second.GetProperty("page").GetInt32(), second.GetProperty("size").GetInt32(), second.GetProperty("total").GetInt32()));
        Assert.Equal(Enumerable.Range(16, 10), Keys(second));
        Assert.Equal([30, 29, 28], Keys(sorted));
        Assert.Equal([1, 2, 3], Keys(descending));
    }

    [Fact]
    public async Task PublicRepository_IsReadWithoutAToken_InEveryWay()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var id = (await database.SendAsync(HttpMethod.Post, "/db/pub_x", user.Token, new { k = 1 })).GetProperty("id").GetString()!;

        Assert.Equal([1], Keys(await database.SendAsync(HttpMethod.Get, "/db/pub_x", null)));
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Get, $"/db/pub_x/{id}", null)).GetProperty("k").GetInt32());
        Assert.Equal([1], Keys(await database.SendAsync(HttpMethod.Post, "/query/pub_x", null, Array.Empty<object>())));
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Post, "/db/pub_x?ids=true", null, new[] { id })).GetArrayLength());
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Post, "/db/count/pub_x", null)).GetProperty("count").GetInt32());
        foreach (var (method, path) in new[] { (HttpMethod.Post, "/db/pub_x?bulk=1"), (HttpMethod.Put, "/db/pub_x?bulk=1"), (HttpMethod.Delete, "/db/pub_x?bulk=1&x=W10="), (HttpMethod.Put, $"/inc/pub_x/{id}") })
        {
            Assert.Equal((401, "missing authorization HTTP header"), await database.RefusedAsync(method, path, null, new { k = 2 }));
        }

        Assert.Equal((401, "invalid token"), await database.RefusedAsync(HttpMethod.Get, "/db/pub_x", "nope"));
        Assert.Equal(401, (await database.RefusedAsync(HttpMethod.Get, "/sudo/pub_x", null)).Status);
    }

    [Fact]
    public async Task Root_MayDoEverything_InItsOwnDatabase()
    {
        var database = await backend.CreateDatabaseAsync();
        var other = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var id = (await database.SendAsync(HttpMethod.Post, "/db/x_700_", user.Token, new { k = 1 })).GetProperty("id").GetString()!;

        Assert.Equal([1], Keys(await database.SendAsync(HttpMethod.Get, "/sudo/x_700_", database.RootToken)));
        Assert.Equal([1], Keys(await database.SendAsync(HttpMethod.Post, "/sudoquery/x_700_", database.RootToken, Array.Empty<object>())));
        Assert.Equal(2, (await database.SendAsync(HttpMethod.Put, $"/sudo/x_700_/{id}", database.RootToken, new { k = 2 })).GetProperty("k").GetInt32());
        Assert.Equal(user.AccountId, (await database.SendAsync(HttpMethod.Get, $"/sudo/x_700_/{id}", database.RootToken)).GetProperty("accountId").GetString());
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Post, "/sudo/count/x_700_", database.RootToken)).GetProperty("count").GetInt32());
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Put, "/sudo/x_700_?bulk=1", database.RootToken, new { update = new { k = 3 }, clauses = Array.Empty<object>() })).GetInt32());
        Assert.Equal(1, (await database.SendAsync(HttpMethod.Delete, $"/sudo/x_700_/{id}", database.RootToken)).GetInt32());
        Assert.True((await database.SendAsync(HttpMethod.Post, "/sudo/index?col=x_700_&field=k", database.RootToken)).GetBoolean());
        foreach (var wrong in new[] { user.Token, other.RootToken, database.RootToken + "x", "a|b|c", "||" })
        {
            Assert.Equal((401, "invalid root token"), await database.RefusedAsync(HttpMethod.Get, "/sudo/x_700_", wrong));
        }
    }

    [Fact]
    public async Task PublishMessage_ReachesTheMembers_WithoutASid()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var member = await database.ConnectMemberAsync(Transport.ServerSentEvents, "r", await backend.OtherGatewayAsync());

        Assert.True((await database.SendAsync(HttpMethod.Post, "/publish-message", database.RootToken, new { channel = "r", type = "chan_out", data = "Québec" })).GetBoolean());
        var message = await member.ExpectAsync("chan_out", "Québec");

        Assert.Equal(("", "r", ""), (message.Sid, message.Channel, message.Token));
        Assert.Equal((401, "invalid root token"), await database.RefusedAsync(HttpMethod.Post, "/publish-message", member.Token, new { channel = "r", data = "x" }));
        foreach (var body in new object[] { new { channel = "db-x", data = "x" }, new { channel = "DB-x", data = "x" }, new { channel = "", data = "x" }, new { channel = "r", type = "db_created", data = "x" }, new { channel = "r", data = 5 }, new { channel = new string('x', 257), data = "x" } })
        {
            Assert.Equal(400, (await database.RefusedAsync(HttpMethod.Post, "/publish-message", database.RootToken, body)).Status);
        }

        await member.PublishAsMemberAsync("r", "fence");
    }

    [Theory]
    [InlineData("W10", 2)]
    [InlineData("W10%3D", 2)]
    [InlineData("W1siayIsIj09IiwxXV0", 1)]
    [InlineData("W1sicyIsIj09Iiw_Pz5d", null)]
    public async Task DeleteBulk_TakesBase64_WithoutPaddingOrUrlSafe(string x, int? expected)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, new[] { new { k = 1 }, new { k = 2 } });

        using var response = await database.SendRawAsync(HttpMethod.Delete, $"/db/x?bulk=1&x={x}", user.Token);

        Assert.Equal(expected is null ? 400 : 200, (int)response.StatusCode);
        Assert.Equal(expected?.ToString(System.Globalization.CultureInfo.InvariantCulture) ?? "invalid body", await response.Content.ReadAsStringAsync());
    }

    [Theory]
    [InlineData("~~~ÿÿÿ")]
    [InlineData("日本語 🎉")]
    public async Task DeleteBulk_TakesUrlSafeUtf8(string city)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, new[] { new { city }, new { city = "Paris" } });
        var filters = Convert.ToBase64String(Encoding.UTF8.GetBytes($"[[\"city\",\"==\",\"{city}\"]]")).TrimEnd('=').Replace('+', '-').Replace('/', '_');

        var deleted = await database.SendAsync(HttpMethod.Delete, $"/db/x?bulk=1&x={filters}", user.Token);

        Assert.Equal(1, deleted.GetInt32());
    }

    [Theory]
    [InlineData("GET", "/account/associations")]
    [InlineData("POST", "/account/promote")]
    [InlineData("POST", "/search")]
    [InlineData("POST", "/storage/upload")]
    [InlineData("GET", "/storage/usage")]
    [InlineData("POST", "/extra/resizeimg")]
    [InlineData("POST", "/fn/exec/x")]
    [InlineData("GET", "/oauth/login")]
    [InlineData("POST", "/sendmail")]
    [InlineData("POST", "/password/reset")]
    public async Task UnsupportedCalls_AreRefusedWithASentence(string method, string path)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        using var response = await database.SendRawAsync(new HttpMethod(method), path, user.Token);

        Assert.Contains((int)response.StatusCode, new[] { 404, 501 });
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
        Assert.Matches("^[a-z ]+$", await response.Content.ReadAsStringAsync());
    }

    private static IEnumerable<int> Keys(JsonElement page) =>
        page.GetProperty("results").EnumerateArray().Select(static document => document.GetProperty("k").GetInt32());
}
