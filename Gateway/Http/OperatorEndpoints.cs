using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;
using Realtime.Gateway.Auth;
using Realtime.Quotas;
using Realtime.Tenants;
using Realtime.Users;

namespace Realtime.Gateway.Http;

/// <summary>Tenants, plans and databases, for platform teams (protocol 8).</summary>
internal static class OperatorEndpoints
{
    private const int MaxBodyBytes = 16 * 1024;

    private static readonly RealtimeError NoDatabase = new(404, "database not found");

    /// <summary>Maps the endpoints, or nothing if no operator key is configured: then every path answers 404.</summary>
    public static void MapOperator(this IEndpointRouteBuilder routes)
    {
        var key = routes.ServiceProvider.GetRequiredService<IOptions<RealtimeOptions>>().Value.OperatorKey;
        if (string.IsNullOrEmpty(key))
        {
            return;
        }

        var expected = SHA256.HashData(Encoding.UTF8.GetBytes(key));
        var group = routes.MapGroup("/operator").AddEndpointFilter(async (context, next) =>
        {
            var sent = RequestAuthenticator.ReadBearer(context.HttpContext.Request).Value ?? "";
            return CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(sent)), expected)
                ? await next(context)
                : Replies.Text(StatusCodes.Status401Unauthorized, "invalid operator key");
        });
        group.MapPost("/tenants", CreateTenantAsync);
        group.MapGet("/tenants", GetTenantsAsync);
        group.MapGet("/tenants/{id}", GetTenantAsync);
        group.MapPut("/tenants/{id}/plan", SetPlanAsync);
        group.MapDelete("/tenants/{id}", DeleteTenantAsync);
        group.MapPost("/tenants/{id}/databases", CreateDatabaseAsync);
        group.MapDelete("/databases/{publicKey}", DeleteDatabaseAsync);
        group.MapPost("/databases/{publicKey}/root-token", RotateRootTokenAsync);
        group.MapDelete("/databases/{publicKey}/users/{userId}", DeleteUserAsync);
    }

    private static async Task<IResult> CreateTenantAsync(HttpRequest request, IGrainFactory grains)
    {
        var body = await RequestBody.ReadJsonAsync<TenantBody>(request, MaxBodyBytes);
        return body.Error is { } error
            ? Replies.Error(error)
            : Replies.From(
                await grains.GetGrain<ITenantGrain>(Identifiers.NewId()).CreateAsync(body.Value!.Name ?? "", body.Value.Plan ?? ""),
                static tenant => Replies.Value(Summarize(tenant), StatusCodes.Status201Created));
    }

    private static async Task<IResult> GetTenantsAsync(IGrainFactory grains) =>
        Replies.Value((await grains.GetGrain<ITenantListGrain>(ITenantListGrain.Key).GetAsync()).Select(Summarize));

    private static async Task<IResult> GetTenantAsync(string id, IGrainFactory grains) =>
        await grains.GetGrain<ITenantGrain>(id).GetAsync() is { } tenant
            ? await DescribeAsync(tenant, grains)
            : Replies.Error(RealtimeError.TenantNotFound);

    private static async Task<IResult> SetPlanAsync(HttpRequest request, string id, IGrainFactory grains)
    {
        var body = await RequestBody.ReadJsonAsync<TenantBody>(request, MaxBodyBytes);
        if (body.Error is { } error)
        {
            return Replies.Error(error);
        }

        var tenant = await grains.GetGrain<ITenantGrain>(id).SetPlanAsync(body.Value!.Plan ?? "");
        return tenant.Error is { } refused ? Replies.Error(refused) : await DescribeAsync(tenant.Value!, grains);
    }

    private static async Task<IResult> DeleteTenantAsync(string id, IGrainFactory grains) =>
        await grains.GetGrain<ITenantGrain>(id).DeleteAsync() ? Replies.True : Replies.Error(RealtimeError.TenantNotFound);

    private static async Task<IResult> CreateDatabaseAsync(HttpRequest request, string id, IGrainFactory grains)
    {
        var body = await RequestBody.ReadJsonAsync<TenantBody>(request, MaxBodyBytes);
        return body.Error is { } error
            ? Replies.Error(error)
            : Replies.From(
                await grains.GetGrain<ITenantGrain>(id).CreateDatabaseAsync(body.Value!.Name ?? ""),
                static database => Replies.Value(
                    new { publicKey = database.PublicKey, rootToken = database.RootToken }, StatusCodes.Status201Created));
    }

    private static async Task<IResult> DeleteDatabaseAsync(string publicKey, IGrainFactory grains) =>
        await Database(grains, publicKey).DeleteAsync() ? Replies.True : Replies.Error(NoDatabase);

    private static async Task<IResult> RotateRootTokenAsync(string publicKey, IGrainFactory grains) =>
        await Database(grains, publicKey).RotateRootAsync() is { } rootToken
            ? Replies.Value(new { rootToken })
            : Replies.Error(NoDatabase);

    private static async Task<IResult> DeleteUserAsync(string publicKey, string userId, HttpRequest request, IGrainFactory grains)
    {
        if (await Database(grains, publicKey).GetTenantAsync() is null)
        {
            return Replies.Error(NoDatabase);
        }

        var wasRemoved = await grains.GetGrain<IUserGrain>(UserKeys.User(publicKey, userId)).RemoveAsync();
        if ((string?)request.Query["documents"] == "true")
        {
            // Also when the user is gone already: an interrupted deletion continues when asked again.
            await Database(grains, publicKey).DeleteDocumentsOfAsync(userId);
        }
        else if (!wasRemoved)
        {
            return Replies.Error(RealtimeError.UserNotFound);
        }

        return Replies.True;
    }

    private static IDatabaseGrain Database(IGrainFactory grains, string publicKey) =>
        grains.GetGrain<IDatabaseGrain>(GrainKey.Encode(publicKey));

    private static async Task<IResult> DescribeAsync(TenantInfo tenant, IGrainFactory grains) => Replies.Value(new
    {
        id = tenant.Id,
        name = tenant.Name,
        plan = tenant.Plan,
        limit = tenant.Limit,
        connections = await grains.GetGrain<IPlanQuotaGrain>(tenant.Id).CountInUseAsync(),
        databases = tenant.Databases.Select(static database => new { publicKey = database.PublicKey, name = database.Name }),
    });

    private static object Summarize(TenantInfo tenant) =>
        new { id = tenant.Id, name = tenant.Name, plan = tenant.Plan, limit = tenant.Limit };

    private sealed record TenantBody(string? Name, string? Plan);
}
