using System.Text.Json;

namespace Realtime.Tests.Infrastructure;

/// <summary>A database that a test has made for itself.</summary>
/// <param name="Gateway">The gateway that its HTTP calls go to.</param>
/// <param name="TenantId">Its tenant.</param>
/// <param name="PublicKey">Its key.</param>
/// <param name="RootToken">Its root token.</param>
public sealed record TestDatabase(GatewayProcess Gateway, string TenantId, string PublicKey, string RootToken)
{
    private static int _users;

    /// <summary>Registers a user with an account of its own.</summary>
    public async Task<TestUser> RegisterAsync()
    {
        var email = $"user{Interlocked.Increment(ref _users)}@example.com";
        var token = await SendAsync(HttpMethod.Post, "/register", null, new { email, password = "a password" });
        return await DescribeAsync(email, token.GetString()!);
    }

    /// <summary>Adds a user to somebody's account and logs it in.</summary>
    public async Task<TestUser> AddUserAsync(TestUser owner)
    {
        var email = $"user{Interlocked.Increment(ref _users)}@example.com";
        await SendAsync(HttpMethod.Post, "/account/users", owner.Token, new { email, password = "a password" });
        var token = await SendAsync(HttpMethod.Post, "/login", null, new { email, password = "a password" });
        return await DescribeAsync(email, token.GetString()!);
    }

    /// <summary>Sends a request that must succeed, and returns its JSON.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var response = await SendRawAsync(method, path, token, body);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Sends a request that must be refused, and returns its status and sentence.</summary>
    public async Task<(int Status, string Text)> RefusedAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var response = await SendRawAsync(method, path, token, body);
        Assert.False(response.IsSuccessStatusCode, $"{method} {path} was not refused");
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    /// <summary>Sends a request that may be refused, but not with a server's error.</summary>
    public async Task<(int Status, JsonElement? Body)> TryAsync(HttpMethod method, string path, string? token, object? body)
    {
        using var response = await SendRawAsync(method, path, token, body);
        var text = await response.Content.ReadAsStringAsync();
        Assert.True((int)response.StatusCode < 500, $"{method} {path}: {(int)response.StatusCode} {text}");
        return ((int)response.StatusCode, response.IsSuccessStatusCode ? JsonDocument.Parse(text).RootElement : null);
    }

    /// <summary>Sends a request with this database's key. A body that is <see cref="HttpContent"/> is sent as it is.</summary>
    public async Task<HttpResponseMessage> SendRawAsync(HttpMethod method, string path, string? token, object? body = null)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Headers.Add("SB-PUBLIC-KEY", PublicKey);
        request.Content = body switch
        {
            null => null,
            HttpContent content => content,
            _ => JsonContent.Create(body),
        };
        if (token is not null)
        {
            request.Headers.Authorization = new("Bearer", token);
        }

        return await Gateway.Http.SendAsync(request);
    }

    /// <summary>Opens a connection and reads its <c>init</c>.</summary>
    /// <param name="transport">Which transport.</param>
    /// <param name="gateway">Which gateway; this database's own if null.</param>
    public Task<RealtimeClient> ConnectAsync(Transport transport, GatewayProcess? gateway = null) =>
        RealtimeClient.ConnectAsync(this, transport, gateway ?? Gateway);

    /// <summary>Opens a connection and authenticates it.</summary>
    public async Task<RealtimeClient> ConnectAsync(Transport transport, TestUser user, GatewayProcess? gateway = null)
    {
        var client = await ConnectAsync(transport, gateway);
        await client.AuthenticateAsync(user);
        return client;
    }

    /// <summary>Registers a user and opens an authenticated connection for it.</summary>
    public async Task<RealtimeClient> ConnectNewUserAsync(Transport transport, GatewayProcess? gateway = null) =>
        await ConnectAsync(transport, await RegisterAsync(), gateway);

    /// <summary>Registers a user and opens a connection that is a member of a channel.</summary>
    public async Task<RealtimeClient> ConnectMemberAsync(Transport transport, string channel, GatewayProcess? gateway = null)
    {
        var client = await ConnectNewUserAsync(transport, gateway);
        await client.JoinAsync(channel);
        return client;
    }

    /// <summary>Opens a user's connection and joins a channel.</summary>
    public async Task<RealtimeClient> ConnectMemberAsync(Transport transport, string channel, TestUser user, GatewayProcess? gateway = null)
    {
        var client = await ConnectAsync(transport, user, gateway);
        await client.JoinAsync(channel);
        return client;
    }

    /// <summary>Posts a command for any sid, with any token or none.</summary>
    public async Task<(int Status, string Text)> PostAsync(
        string? sid, string? bearer, string type, string? data = null, string? channel = null, GatewayProcess? gateway = null)
    {
        var here = this with { Gateway = gateway ?? Gateway };
        using var response = await here.SendRawAsync(HttpMethod.Post, "/sse/msg", bearer, new { sid, type, data, channel });
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<TestUser> DescribeAsync(string email, string token)
    {
        var me = await SendAsync(HttpMethod.Get, "/me", token);
        return new TestUser(me.GetProperty("userId").GetString()!, me.GetProperty("accountId").GetString()!, email, token);
    }
}

/// <summary>A user of a test's database.</summary>
/// <param name="Id">Id of the user.</param>
/// <param name="AccountId">Its account.</param>
/// <param name="Email">Its e-mail; the password is <c>a password</c>.</param>
/// <param name="Token">A session token.</param>
public sealed record TestUser(string Id, string AccountId, string Email, string Token);
