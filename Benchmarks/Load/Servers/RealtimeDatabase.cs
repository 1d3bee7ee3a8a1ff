using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace Realtime.Benchmarks.Load.Servers;

/// <summary>A tenant and a database of this backend, made for one run.</summary>
/// <param name="Address">A gateway.</param>
/// <param name="PublicKey">Its key.</param>
internal sealed record RealtimeDatabase(Uri Address, string PublicKey) : IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = Address };
    private int _users;

    /// <summary>Makes them.</summary>
    /// <param name="address">A gateway.</param>
    /// <param name="operatorKey">Of the operator API.</param>
    /// <param name="plan">A plan without a limit that matters.</param>
    public static async Task<RealtimeDatabase> CreateAsync(Uri address, string operatorKey, string plan)
    {
        using var http = new HttpClient { BaseAddress = address };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", operatorKey);
        var tenant = await PostAsync(http, "/operator/tenants", new { name = "benchmark", plan });
        var database = await PostAsync(http, $"/operator/tenants/{tenant.GetProperty("id").GetString()}/databases", new { name = "benchmark" });
        return new RealtimeDatabase(address, database.GetProperty("publicKey").GetString()!);
    }

    /// <summary>Registers a user with an account of its own.</summary>
    /// <returns>Its session token.</returns>
    public async Task<string> RegisterAsync()
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/register");
        request.Headers.Add("SB-PUBLIC-KEY", PublicKey);
        request.Content = JsonContent.Create(new { email = $"user{++_users}@example.com", password = "a password" });
        using var response = await _http.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<string>())!;
    }

    public void Dispose() => _http.Dispose();

    private static async Task<JsonElement> PostAsync(HttpClient http, string path, object body)
    {
        using var response = await http.PostAsJsonAsync(path, body);
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }
}
