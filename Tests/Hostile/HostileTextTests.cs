using System.Text;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Hostile;

/// <summary>Bodies that aren't text, or only half, and text that other systems cut short.</summary>
public sealed class HostileTextTests(RealtimeBackend backend)
{
    [Fact]
    public async Task InvalidUtf8_IsRefused_Everywhere()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        byte[] Body(string text) => [.. Encoding.Latin1.GetBytes(text)];

        foreach (var (method, path, body) in new[]
        {
            (HttpMethod.Post, "/db/x", "{\"a\":\"\u00ff\"}"), (HttpMethod.Post, "/db/x", "{\"\u00ff\":1}"), (HttpMethod.Post, "/db/x?bulk=1", "[{\"a\":\"\u00ff\"}]"),
            (HttpMethod.Post, "/query/x", "[[\"a\",\"==\",\"\u00ff\"]]"), (HttpMethod.Post, "/query/x", "[[\"\u00ff\",\"==\",1]]"),
            (HttpMethod.Post, "/db/x?ids=1", "[\"\u00ff\"]"), (HttpMethod.Post, "/register", "{\"email\":\"\u00ff@example.com\",\"password\":\"x\"}"),
            (HttpMethod.Put, "/db/x?bulk=1", "{\"update\":{\"a\":\"\u00ff\"},\"clauses\":[]}"), (HttpMethod.Put, "/inc/x/y", "{\"field\":\"\u00ff\",\"range\":1}"),
        })
        {
            var (status, text) = await database.RefusedAsync(method, path, user.Token, new ByteArrayContent(Body(body)));
            Assert.True(status == 400, $"{path}: {status} {text}");
        }

        Assert.Equal(0, (await database.SendAsync(HttpMethod.Get, "/db/x", user.Token)).GetProperty("total").GetInt32());
    }

    [Theory]
    [InlineData("POST", "/register", """{"email":"a\ud800@example.com","password":"x"}""")]
    [InlineData("POST", "/register", """{"email":"a@example.com","password":"\ud800"}""")]
    [InlineData("POST", "/register", """{"\ud800":"a@example.com","password":"x"}""")]
    [InlineData("POST", "/login", """{"email":"\ud800","password":"\ud800"}""")]
    [InlineData("POST", "/account/users", """{"email":"a\ud800@example.com","password":"x"}""")]
    [InlineData("POST", "/setrole", """{"email":"\ud800","role":1}""")]
    [InlineData("POST", "/me/email", """{"email":"\ud800@example.com"}""")]
    [InlineData("POST", "/query/x", """[["\ud800","==",1]]""")]
    [InlineData("POST", "/query/x", """[["a","\ud800",1]]""")]
    [InlineData("POST", "/query/x", """[["a","in",["\ud800"]]]""")]
    [InlineData("POST", "/db/count/x", """[["a","==","\ud800"]]""")]
    [InlineData("PUT", "/db/x?bulk=1", """{"update":{"a":1},"clauses":[["\ud800","==",1]]}""")]
    [InlineData("PUT", "/db/x?bulk=1", """{"update":{"a":1},"clauses":[["a","\ud800",1]]}""")]
    [InlineData("PUT", "/db/x?bulk=1", """{"update":{"a":1},"clauses":[["a","==","\ud800"]]}""")]
    [InlineData("PUT", "/db/x?bulk=1", """{"update":{"\ud800":"\udc00"},"clauses":[]}""")]
    [InlineData("PUT", "/db/x?bulk=1", """{"\ud800":1,"update":{"a":1}}""")]
    [InlineData("POST", "/db/x?bulk=1", """[{"\ud800":"\udc00"}]""")]
    [InlineData("POST", "/db/x?ids=1", """["\ud800"]""")]
    [InlineData("PUT", "/inc/x/y", """{"field":"\ud800","range":1}""")]
    [InlineData("DELETE", "/db/x?bulk=1&x=W1siXHVkODAwIiwiPT0iLDFdXQ==", "")]
    [InlineData("DELETE", "/db/x?bulk=1&x=W1siYSIsIj09IiwiXHVkODAwIl1d", "")]
    public async Task HalfASurrogatePair_IsNeverAServersError(string method, string path, string body)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { a = 1 });

        await database.TryAsync(new HttpMethod(method), path, user.Token, new StringContent(body));

        await database.SendAsync(HttpMethod.Get, "/db/x", user.Token);
    }

    [Theory]
    [InlineData("/publish-message", """{"channel":"\ud800","type":"chan_out","data":"x"}""")]
    [InlineData("/publish-message", """{"channel":"r","type":"\ud800","data":"x"}""")]
    [InlineData("/publish-message", """{"channel":"r","data":"\ud800","more":1}""")]
    [InlineData("/sudo/x", """{"\ud800":1}""")]
    [InlineData("/sudo/index?col=x&field=%ED%A0%80", "")]
    public async Task HalfASurrogatePair_IsNeverAServersError_ForRoot(string path, string body)
    {
        var database = await backend.CreateDatabaseAsync();

        await database.TryAsync(HttpMethod.Post, path, database.RootToken, new StringContent(body));
    }

    [Theory]
    [InlineData("a@example.com\0")]
    [InlineData("a\0@example.com")]
    [InlineData("a@b@c")]
    [InlineData("a b@example.com")]
    [InlineData("\ud83c\udf89@example.com")]
    public async Task OddEmails_AreRefused(string email)
    {
        var database = await backend.CreateDatabaseAsync();

        Assert.Equal((400, "invalid email"), await database.RefusedAsync(HttpMethod.Post, "/register", null, new { email, password = "x" }));
        Assert.Equal(401, (await database.RefusedAsync(HttpMethod.Post, "/login", null, new { email, password = "x" })).Status);
    }

    [Fact]
    public async Task Passwords_AreComparedToTheirEnd()
    {
        var database = await backend.CreateDatabaseAsync();
        var (zero, longer) = ("a\0b", new string('x', 100) + "1");
        await database.SendAsync(HttpMethod.Post, "/register", null, new { email = "zero@example.com", password = zero });
        await database.SendAsync(HttpMethod.Post, "/register", null, new { email = "long@example.com", password = longer });

        Assert.Equal(401, (await database.RefusedAsync(HttpMethod.Post, "/login", null, new { email = "zero@example.com", password = "a\0c" })).Status);
        Assert.Equal(401, (await database.RefusedAsync(HttpMethod.Post, "/login", null, new { email = "long@example.com", password = longer[..^1] + "2" })).Status);
        Assert.Equal(400, (await database.RefusedAsync(HttpMethod.Post, "/register", null, new { email = "huge@example.com", password = new string('x', 10_000) })).Status);
        await database.SendAsync(HttpMethod.Post, "/login", null, new { email = "zero@example.com", password = zero });
        await database.SendAsync(HttpMethod.Post, "/login", null, new { email = "long@example.com", password = longer });
    }
}
