using System.Net.Http.Headers;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: CORS, and 1.7: on errors too, and not on what servers call.</summary>
public sealed class CorsConformanceTests(RealtimeBackend backend)
{
    private const string Origin = "http://x.test";

    [Theory]
    [InlineData("/sse/msg", "POST")]
    [InlineData("/db/x", "PUT")]
    [InlineData("/db/x", "DELETE")]
    [InlineData("/db/x?page=1", "GET")]
    [InlineData("//db//x", "GET")]
    [InlineData("/storage/upload", "POST")]
    public async Task Row59_Preflight_IsAnswered_WithoutKeyOrToken(string path, string method)
    {
        var gateway = await backend.GatewayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri($"http://{gateway.Address.Authority}{path}"));
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("Access-Control-Request-Method", method);
        request.Headers.Add("Access-Control-Request-Headers", "authorization,content-type,sb-public-key");

        using var response = await gateway.Http.SendAsync(request);

        Assert.True(response.IsSuccessStatusCode, $"{(int)response.StatusCode}");
        AssertAllowed(response);
        Assert.Equal(["authorization", "content-type", "sb-public-key"], List(response, "Access-Control-Allow-Headers").Select(static h => h.ToLowerInvariant()).Order(StringComparer.Ordinal));
        Assert.Contains(method, List(response, "Access-Control-Allow-Methods"));
        Assert.Equal("7200", Assert.Single(response.Headers.GetValues("Access-Control-Max-Age")));
    }

    [Fact]
    public async Task Row60_Stream_MayBeReadByAnyOrigin_AlsoWhenRefused()
    {
        var database = await backend.CreateDatabaseAsync();

        using var opened = await GetAsync(database.Gateway, $"/sse/connect?sbpk={database.PublicKey}");
        using var refused = await GetAsync(database.Gateway, "/sse/connect?sbpk=nope");

        Assert.Equal((200, 401), ((int)opened.StatusCode, (int)refused.StatusCode));
        AssertAllowed(opened);
        AssertAllowed(refused);
    }

    [Theory]
    [InlineData("GET", "/me", 401)]
    [InlineData("GET", "/db/x/unknown", 401)]
    [InlineData("POST", "/sse/msg", 400)]
    [InlineData("POST", "/register", 400)]
    [InlineData("GET", "/db/!", 401)]
    [InlineData("GET", "/no/such/path", 404)]
    [InlineData("PATCH", "/me", 405)]
    [InlineData("POST", "/search", 501)]
    [InlineData("GET", "/storage/list", 501)]
    [InlineData("GET", "/ws", 400)]
    public async Task Row60_Errors_MayBeReadByAnyOrigin(string method, string path, int status)
    {
        var database = await backend.CreateDatabaseAsync();
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("SB-PUBLIC-KEY", database.PublicKey);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", "nope");

        using var response = await database.Gateway.Http.SendAsync(request);

        Assert.Equal(status, (int)response.StatusCode);
        AssertAllowed(response);
        Assert.Equal("text/plain", response.Content.Headers.ContentType?.MediaType);
        Assert.NotEmpty(await response.Content.ReadAsStringAsync());
    }

    [Fact]
    public async Task Row60_TooLarge_MayBeReadByAnyOrigin()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        using var content = new ByteArrayContent(new byte[5 * 1024 * 1024]);
        content.Headers.Add("Content-Language", "en");
        using var request = new HttpRequestMessage(HttpMethod.Post, "/db/x") { Content = content };
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("SB-PUBLIC-KEY", database.PublicKey);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", user.Token);
        request.Headers.ExpectContinue = true;

        using var response = await database.Gateway.Http.SendAsync(request);

        Assert.Equal((413, "message too large"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        AssertAllowed(response);
    }

    [Theory]
    [InlineData("/sudo/x")]
    [InlineData("/sudoquery/x")]
    [InlineData("//sudo/x")]
    [InlineData("/operator/tenants")]
    [InlineData("/publish-message")]
    public async Task ServerSidePaths_HaveNoCors(string path)
    {
        var gateway = await backend.GatewayAsync();
        using var request = new HttpRequestMessage(HttpMethod.Options, new Uri($"http://{gateway.Address.Authority}{path}"));
        request.Headers.Add("Origin", Origin);
        request.Headers.Add("Access-Control-Request-Method", "POST");

        using var preflight = await gateway.Http.SendAsync(request);
        using var response = await GetAsync(gateway, path);

        Assert.DoesNotContain(preflight.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
        Assert.DoesNotContain(response.Headers, static header => header.Key.StartsWith("Access-Control", StringComparison.OrdinalIgnoreCase));
    }

    private static async Task<HttpResponseMessage> GetAsync(GatewayProcess gateway, string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri($"http://{gateway.Address.Authority}{path}"));
        request.Headers.Add("Origin", Origin);
        return await gateway.Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    private static void AssertAllowed(HttpResponseMessage response)
    {
        var origin = Assert.Single(List(response, "Access-Control-Allow-Origin"));
        Assert.True(origin is Origin or "*", origin);
        Assert.False(response.Headers.Contains("Access-Control-Allow-Credentials"));
        if (origin != "*")
        {
            Assert.Contains("Origin", List(response, "Vary"));
        }
    }

    private static string[] List(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values)
            ? [.. values.SelectMany(static value => value.Split(',', StringSplitOptions.TrimEntries))]
            : [];
}
