using System.Text.Json;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 3.2: registration, login and the users of an account.</summary>
public sealed class AccountEndpointConformanceTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Register_CreatesAnAccount_AndEmailsAreCompared_WithoutCase()
    {
        var database = await backend.CreateDatabaseAsync();

        var token = await database.SendAsync(HttpMethod.Post, "/register", null, new { email = "Dominic@Example.COM", password = "pw" });
        var me = await database.SendAsync(HttpMethod.Get, "/me", token.GetString());
        var again = await database.RefusedAsync(HttpMethod.Post, "/register", null, new { email = "dominic@example.com", password = "pw" });
        var login = await database.SendAsync(HttpMethod.Post, "/login", null, new { email = "DOMINIC@example.com", password = "pw" });

        Assert.Matches("^[!-~]+$", token.GetString());
        Assert.Equal(["accountId", "email", "role", "userId"], Names(me));
        Assert.Equal(("dominic@example.com", 50), (me.GetProperty("email").GetString(), me.GetProperty("role").GetInt32()));
        Assert.Equal((400, "invalid email"), again);
        Assert.Equal(me.GetRawText(), (await database.SendAsync(HttpMethod.Get, "/me", login.GetString())).GetRawText());
    }

    [Theory]
    [InlineData("""{"email":"no address","password":"pw"}""", "invalid email")]
    [InlineData("""{"email":"","password":"pw"}""", "invalid email")]
    [InlineData("""{"password":"pw"}""", "invalid email")]
    [InlineData("""{"email":"a@example.com","password":""}""", "invalid password")]
    [InlineData("""{"email":"a@example.com"}""", "invalid password")]
    [InlineData("""{"email":5,"password":"pw"}""", "invalid body")]
    [InlineData("""["a@example.com","pw"]""", "invalid body")]
    [InlineData("null", "invalid body")]
    [InlineData("", "invalid body")]
    public async Task Register_IsRefused_WhenTheBodyIsWrong(string body, string text)
    {
        var database = await backend.CreateDatabaseAsync();
        using var content = new StringContent(body);

        var refused = await database.RefusedAsync(HttpMethod.Post, "/register", null, content);

        Assert.Equal((400, text), refused);
    }

    [Fact]
    public async Task Login_IsRefusedWithTheSameWords_WhateverIsWrong()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var other = await database.RegisterAsync();
        object[] wrong =
        [
            new { email = user.Email, password = "wrong" }, new { email = user.Email, password = "" }, new { email = user.Email },
            new { email = "unknown@example.com", password = "a password" }, new { email = "no address", password = "a password" },
            new { email = user.Email, password = "a password", accountId = other.AccountId },
        ];

        foreach (var body in wrong)
        {
            Assert.Equal((401, "invalid email/password"), await database.RefusedAsync(HttpMethod.Post, "/login", null, body));
        }

        await database.SendAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password", accountId = user.AccountId });
        var foreign = await backend.CreateDatabaseAsync();
        Assert.Equal((401, "invalid email/password"), await foreign.RefusedAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" }));
    }

    [Theory]
    [InlineData("GET", "/me")]
    [InlineData("POST", "/me/email")]
    [InlineData("GET", "/account/users")]
    [InlineData("POST", "/account/users")]
    [InlineData("DELETE", "/account/users/x")]
    [InlineData("POST", "/setrole")]
    [InlineData("GET", "/newid")]
    [InlineData("GET", "/db/x")]
    [InlineData("POST", "/db/x")]
    [InlineData("PUT", "/db/x")]
    [InlineData("DELETE", "/db/x")]
    [InlineData("GET", "/db/x/y")]
    [InlineData("PUT", "/db/x/y")]
    [InlineData("DELETE", "/db/x/y")]
    [InlineData("POST", "/db/x?ids=true")]
    [InlineData("POST", "/db/count/x")]
    [InlineData("POST", "/query/x")]
    [InlineData("PUT", "/inc/x/y")]
    public async Task EveryCall_IsRefused_WithoutKeyOrToken(string method, string path)
    {
        var database = await backend.CreateDatabaseAsync();
        var verb = new HttpMethod(method);
        using var withoutKey = new HttpRequestMessage(verb, path);
        using var notBearer = new HttpRequestMessage(verb, path) { Headers = { { "SB-PUBLIC-KEY", database.PublicKey }, { "Authorization", "Basic eDp5" } } };

        using var unknown = await database.Gateway.Http.SendAsync(withoutKey);
        using var other = await database.Gateway.Http.SendAsync(notBearer);

        Assert.Equal((401, "invalid StaticBackend public key"), ((int)unknown.StatusCode, await unknown.Content.ReadAsStringAsync()));
        Assert.Equal(400, (int)other.StatusCode);
        Assert.Equal((401, "missing authorization HTTP header"), await database.RefusedAsync(verb, path, null));
        Assert.Equal((401, "invalid token"), await database.RefusedAsync(verb, path, "nope"));
        Assert.Equal((401, "invalid token"), await database.RefusedAsync(verb, path, database.RootToken));
    }

    [Fact]
    public async Task Users_AreAddedListedAndRemoved_WithinTheirAccount()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var stranger = await database.RegisterAsync();

        var added = await database.SendAsync(HttpMethod.Post, "/account/users", owner.Token, new { email = "New@example.com", password = "pw" });
        var id = added.GetProperty("id").GetString()!;
        var list = await database.SendAsync(HttpMethod.Get, "/account/users", owner.Token);

        Assert.Equal(["accountId", "created", "email", "id", "role"], Names(added));
        Assert.Equal((owner.AccountId, "new@example.com", 0), (added.GetProperty("accountId").GetString(), added.GetProperty("email").GetString(), added.GetProperty("role").GetInt32()));
        Assert.Equal([owner.Id, id], list.EnumerateArray().Select(static user => user.GetProperty("id").GetString()));
        Assert.Equal(added.GetRawText(), list[1].GetRawText());
        Assert.Equal((400, "email already in use"), await database.RefusedAsync(HttpMethod.Post, "/account/users", stranger.Token, new { email = "new@example.com", password = "pw" }));
        Assert.Equal((400, "invalid email"), await database.RefusedAsync(HttpMethod.Post, "/account/users", owner.Token, new { email = "new", password = "pw" }));
        Assert.Equal(404, (await database.RefusedAsync(HttpMethod.Delete, $"/account/users/{id}", stranger.Token)).Status);
        Assert.True((await database.SendAsync(HttpMethod.Delete, $"/account/users/{id}", owner.Token)).GetBoolean());
        Assert.Equal(404, (await database.RefusedAsync(HttpMethod.Delete, $"/account/users/{id}", owner.Token)).Status);
    }

    [Fact]
    public async Task Users_AreNotRemoved_ByOneOfALowerRole()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var user = await database.AddUserAsync(owner);

        var refused = await database.RefusedAsync(HttpMethod.Delete, $"/account/users/{owner.Id}", user.Token);

        Assert.Equal((401, "permission level not high enough"), refused);
        await database.SendAsync(HttpMethod.Get, "/me", owner.Token);
    }

    [Fact]
    public async Task SetRole_ChangesTheRole_NeverAboveOnesOwnOrInAnotherAccount()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var user = await database.AddUserAsync(owner);
        var stranger = await database.RegisterAsync();

        Assert.Equal(401, (await database.RefusedAsync(HttpMethod.Post, "/setrole", user.Token, new { email = owner.Email, role = 0 })).Status);
        Assert.InRange((await database.RefusedAsync(HttpMethod.Post, "/setrole", owner.Token, new { email = user.Email, role = 100 })).Status, 401, 403);
        Assert.InRange((await database.RefusedAsync(HttpMethod.Post, "/setrole", stranger.Token, new { email = user.Email, role = 10 })).Status, 401, 404);
        Assert.Equal(403, (await database.RefusedAsync(HttpMethod.Post, "/setrole", stranger.Token, new { email = user.Email, role = 10, accountId = owner.AccountId })).Status);
        Assert.Equal(400, (await database.RefusedAsync(HttpMethod.Post, "/setrole", owner.Token, new { email = user.Email, role = -1 })).Status);
        Assert.True((await database.SendAsync(HttpMethod.Post, "/setrole", owner.Token, new { email = user.Email, role = 49, accountId = owner.AccountId })).GetBoolean());

        await Eventually.TrueAsync(
            async () => (await database.SendAsync(HttpMethod.Get, "/me", user.Token)).GetProperty("role").GetInt32() == 49, "the new role", Eventually.Soon);
    }

    [Fact]
    public async Task ChangeEmail_MovesTheLogin()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var other = await database.RegisterAsync();

        Assert.True((await database.SendAsync(HttpMethod.Post, "/me/email", user.Token, new { email = "moved@example.com" })).GetBoolean());

        await database.SendAsync(HttpMethod.Post, "/login", null, new { email = "moved@example.com", password = "a password" });
        Assert.Equal(401, (await database.RefusedAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" })).Status);
        Assert.Equal(400, (await database.RefusedAsync(HttpMethod.Post, "/me/email", user.Token, new { email = other.Email })).Status);
        Assert.Equal((400, "invalid email"), await database.RefusedAsync(HttpMethod.Post, "/me/email", user.Token, new { email = "x" }));
    }

    [Fact]
    public async Task Answers_HoldNoSecret()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        await database.AddUserAsync(owner);

        var users = await database.SendAsync(HttpMethod.Get, "/account/users", owner.Token);

        Assert.All(users.EnumerateArray(), static user => Assert.Equal(["accountId", "created", "email", "id", "role"], Names(user)));
    }

    [Fact]
    public async Task NewId_IsAFreshString()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        var first = await database.SendAsync(HttpMethod.Get, "/newid", user.Token);
        var second = await database.SendAsync(HttpMethod.Get, "/newid", user.Token);

        Assert.Matches("^[A-Za-z0-9_-]+$", first.GetString());
        Assert.NotEqual(first.GetString(), second.GetString());
    }

    [Fact]
    public async Task Ping_NeedsNoKey()
    {
        var gateway = await backend.GatewayAsync();

        Assert.Equal("true", await gateway.Http.GetStringAsync(new Uri("/ping", UriKind.Relative)));
    }

    private static IEnumerable<string> Names(JsonElement element) =>
        element.EnumerateObject().Select(static member => member.Name).Order(StringComparer.Ordinal);
}
