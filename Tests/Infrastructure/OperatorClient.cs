using System.Text.Json;

namespace Realtime.Tests.Infrastructure;

/// <summary>Calls the operator API.</summary>
public sealed class OperatorClient(HttpClient http)
{
    /// <summary>Creates a tenant and returns its id.</summary>
    public async Task<string> CreateTenantAsync(string plan) =>
        (await SendAsync(HttpMethod.Post, "/operator/tenants", new { name = "tenant of a test", plan })).GetProperty("id").GetString()!;

    /// <summary>Creates a database of a tenant.</summary>
    public async Task<TestDatabase> CreateDatabaseAsync(GatewayProcess gateway, string tenantId)
    {
        var created = await SendAsync(HttpMethod.Post, $"/operator/tenants/{tenantId}/databases", new { name = "database of a test" });
        return new TestDatabase(
            gateway, tenantId, created.GetProperty("publicKey").GetString()!, created.GetProperty("rootToken").GetString()!);
    }

    /// <summary>Sends a request with the right key and returns its JSON answer.</summary>
    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var response = await SendRawAsync(method, path, body, RealtimeBackend.OperatorKey);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Sends a request with any key.</summary>
    public async Task<HttpResponseMessage> SendRawAsync(HttpMethod method, string path, object? body, string? key)
    {
        using var request = new HttpRequestMessage(method, path);
        request.Content = body is null ? null : JsonContent.Create(body);
        if (key is not null)
        {
            request.Headers.Authorization = new("Bearer", key);
        }

        return await http.SendAsync(request);
    }
}
