using System.Text.Json;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 8, the operator API.</summary>
public sealed class OperatorConformanceTests(RealtimeBackend backend)
{
    public static TheoryData<string, string> Paths => new()
    {
        { "POST", "/operator/tenants" },
        { "GET", "/operator/tenants" },
        { "GET", "/operator/tenants/x" },
        { "PUT", "/operator/tenants/x/plan" },
        { "POST", "/operator/tenants/x/databases" },
        { "DELETE", "/operator/tenants/x" },
        { "DELETE", "/operator/databases/x" },
        { "POST", "/operator/databases/x/root-token" },
        { "DELETE", "/operator/databases/x/users/y" },
    };

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task EveryPath_IsRefused_WithoutTheKey(string method, string path)
    {
        var gateway = await backend.GatewayAsync();
        var database = await backend.CreateDatabaseAsync();

        foreach (var key in new[] { null, "", "wrong", RealtimeBackend.OperatorKey + "x", database.RootToken })
        {
            using var response = await gateway.Operator.SendRawAsync(new HttpMethod(method), path, new { name = "x", plan = "idea" }, key);
            Assert.Equal((401, "invalid operator key"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        }
    }

    [Theory]
    [MemberData(nameof(Paths))]
    public async Task EveryPath_IsUnknown_WhenNoKeyIsConfigured(string method, string path)
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:OperatorKey", ""));

        using var response = await gateway.Operator.SendRawAsync(new HttpMethod(method), path, new { name = "x", plan = "idea" }, RealtimeBackend.OperatorKey);

        Assert.Equal(404, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/operator/tenants/unknown", "tenant not found")]
    [InlineData("PUT", "/operator/tenants/unknown/plan", "tenant not found")]
    [InlineData("POST", "/operator/tenants/unknown/databases", "tenant not found")]
    [InlineData("DELETE", "/operator/tenants/unknown", "tenant not found")]
    [InlineData("DELETE", "/operator/databases/unknown", "database not found")]
    [InlineData("POST", "/operator/databases/unknown/root-token", "database not found")]
    [InlineData("DELETE", "/operator/databases/unknown/users/x", "database not found")]
    [InlineData("GET", "/operator/other", "there is nothing at this address")]
    public async Task UnknownThings_AreNotFound(string method, string path, string text)
    {
        var gateway = await backend.GatewayAsync();

        using var response = await gateway.Operator.SendRawAsync(new HttpMethod(method), path, new { name = "x", plan = "idea" }, RealtimeBackend.OperatorKey);

        Assert.Equal((404, text), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        Assert.Equal("text/plain", response.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task Tenant_IsCreatedListedAndDescribed()
    {
        var gateway = await backend.GatewayAsync();
        using var answer = await gateway.Operator.SendRawAsync(HttpMethod.Post, "/operator/tenants", new { name = "acme", plan = "idea" }, RealtimeBackend.OperatorKey);
        Assert.Equal(201, (int)answer.StatusCode);
        var created = JsonDocument.Parse(await answer.Content.ReadAsStringAsync()).RootElement;
        var id = created.GetProperty("id").GetString()!;
        var database = await gateway.Operator.CreateDatabaseAsync(gateway, id);
        await using var connection = await database.ConnectAsync(Transport.ServerSentEvents);

        var list = await gateway.Operator.SendAsync(HttpMethod.Get, "/operator/tenants");
        var described = await (await backend.OtherGatewayAsync()).Operator.SendAsync(HttpMethod.Get, $"/operator/tenants/{id}");

        var expected = $$"""{"id":"{{id}}","name":"acme","plan":"idea","limit":25}""";
        Assert.Equal(expected, created.GetRawText());
        Assert.Contains(expected, list.EnumerateArray().Select(static tenant => tenant.GetRawText()));
        Assert.Equal(
            $$"""{{expected[..^1]}},"connections":1,"databases":[{"publicKey":"{{database.PublicKey}}","name":"database of a test"}]}""",
            described.GetRawText());
        Assert.Matches("^[A-Za-z0-9_-]+$", database.PublicKey);
        Assert.Matches("^[^|]+[|][^|]+[|][^|]{16,}$", database.RootToken);
    }

    [Theory]
    [InlineData("/operator/tenants", """{"name":"acme","plan":"unknown"}""")]
    [InlineData("/operator/tenants", """{"name":"acme"}""")]
    [InlineData("/operator/tenants", """{"name":5,"plan":"idea"}""")]
    [InlineData("/operator/tenants", "[]")]
    [InlineData("/operator/tenants", "")]
    public async Task Tenant_IsRefused_WhenTheBodyIsWrong(string path, string body)
    {
        var gateway = await backend.GatewayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body) };
        request.Headers.Authorization = new("Bearer", RealtimeBackend.OperatorKey);

        using var response = await gateway.Http.SendAsync(request);

        Assert.Equal((400, "text/plain"), ((int)response.StatusCode, response.Content.Headers.ContentType!.MediaType));
        Assert.NotEmpty(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Plan_IsChanged_AndRefusedWhenUnknown()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var path = $"/operator/tenants/{database.TenantId}/plan";

        var changed = await database.Gateway.Operator.SendAsync(HttpMethod.Put, path, new { plan = "launch" });
        using var refused = await database.Gateway.Operator.SendRawAsync(HttpMethod.Put, path, new { plan = "unknown" }, RealtimeBackend.OperatorKey);

        Assert.Equal(("launch", 150, 0), (changed.GetProperty("plan").GetString(), changed.GetProperty("limit").GetInt32(), changed.GetProperty("connections").GetInt32()));
        Assert.Equal(database.PublicKey, changed.GetProperty("databases")[0].GetProperty("publicKey").GetString());
        Assert.Equal(400, (int)refused.StatusCode);
    }

    [Fact]
    public async Task RootToken_IsReplaced_AndTheOldOneDiesAtOnce()
    {
        var database = await backend.CreateDatabaseAsync();
        await database.SendAsync(HttpMethod.Get, "/sudo/x", database.RootToken);

        var rotated = await database.Gateway.Operator.SendAsync(HttpMethod.Post, $"/operator/databases/{database.PublicKey}/root-token");

        Assert.Equal((401, "invalid root token"), await database.RefusedAsync(HttpMethod.Get, "/sudo/x", database.RootToken));
        await database.SendAsync(HttpMethod.Get, "/sudo/x", rotated.GetProperty("rootToken").GetString());
        Assert.Single(rotated.EnumerateObject());
    }

    [Fact]
    public async Task Database_IsDeletedWithItsUsersAndDocuments()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { n = 1 });

        var deleted = await database.Gateway.Operator.SendAsync(HttpMethod.Delete, $"/operator/databases/{database.PublicKey}");
        using var again = await database.Gateway.Operator.SendRawAsync(HttpMethod.Delete, $"/operator/databases/{database.PublicKey}", null, RealtimeBackend.OperatorKey);
        var tenant = await database.Gateway.Operator.SendAsync(HttpMethod.Get, $"/operator/tenants/{database.TenantId}");

        Assert.True(deleted.GetBoolean());
        Assert.Equal(404, (int)again.StatusCode);
        Assert.Equal(0, tenant.GetProperty("databases").GetArrayLength());
        foreach (var gateway in new[] { database.Gateway, await backend.OtherGatewayAsync() })
        {
            Assert.Equal((401, "invalid StaticBackend public key"), await (database with { Gateway = gateway }).RefusedAsync(HttpMethod.Get, "/me", user.Token));
        }
    }

    [Fact]
    public async Task Tenant_IsDeletedWithItsDatabasesAndConnections()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(Transport.WebSocket, await backend.OtherGatewayAsync());

        Assert.True((await database.Gateway.Operator.SendAsync(HttpMethod.Delete, $"/operator/tenants/{database.TenantId}")).GetBoolean());
        await client.ExpectEndAsync();

        using var described = await database.Gateway.Operator.SendRawAsync(HttpMethod.Get, $"/operator/tenants/{database.TenantId}", null, RealtimeBackend.OperatorKey);
        Assert.Equal(404, (int)described.StatusCode);
    }

    [Theory]
    [InlineData("", 1)]
    [InlineData("?documents=true", 0)]
    public async Task User_IsRemoved_AndItsDocumentsWhenAskedTo(string query, int remaining)
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var user = await database.AddUserAsync(owner);
        await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { n = 1 });
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents, user, await backend.OtherGatewayAsync());
        var path = $"/operator/databases/{database.PublicKey}/users/{user.Id}";

        Assert.True((await database.Gateway.Operator.SendAsync(HttpMethod.Delete, path + query)).GetBoolean());
        await client.ExpectErrorAsync("invalid token");

        Assert.Equal((401, "invalid token"), await database.RefusedAsync(HttpMethod.Get, "/me", user.Token));
        Assert.Equal(remaining, (await database.SendAsync(HttpMethod.Get, "/db/x", owner.Token)).GetProperty("total").GetInt32());
        using var again = await database.Gateway.Operator.SendRawAsync(HttpMethod.Delete, path, null, RealtimeBackend.OperatorKey);
        Assert.Equal((404, "user not found"), ((int)again.StatusCode, await again.Content.ReadAsStringAsync()));
    }
}
