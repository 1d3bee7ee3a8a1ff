using Realtime.Tenants;

namespace Realtime.Gateway.Auth;

/// <summary>Finds out which database a request is for and whom it acts as (protocol 3.1).</summary>
internal sealed class RequestAuthenticator(
    DatabaseCache databases, VerifiedTokens tokens, IdentityCache identities, IGrainFactory grains)
{
    private const string Scheme = "Bearer ";

    private static readonly RealtimeError MissingAuthorization = new(401, "missing authorization HTTP header");
    private static readonly RealtimeError NotBearer = new(400, "invalid authorization HTTP header");

    /// <summary>The database named by the header <c>SB-PUBLIC-KEY</c> or the query's <c>sbpk</c>.</summary>
    public async ValueTask<Result<DatabaseRef>> FindDatabaseAsync(HttpRequest request)
    {
        var key = request.Headers.TryGetValue("SB-PUBLIC-KEY", out var header) && header.Count > 0
            ? header[0]
            : (string?)request.Query["sbpk"];
        return await databases.FindAsync(key) is { } database ? database : RealtimeError.InvalidPublicKey;
    }

    /// <summary>The user whose session token the request carries.</summary>
    public async ValueTask<Result<CallerIdentity>> AuthenticateAsync(HttpRequest request)
    {
        var database = await FindDatabaseAsync(request);
        if (database.Error is { } unknown)
        {
            return unknown;
        }

        var bearer = ReadBearer(request);
        if (bearer.Error is { } refused)
        {
            return refused;
        }

        return await tokens.ReadAsync(bearer.Value!) is { IsExpired: false } token
            && token.Database == database.Value!.PublicKey
            && await identities.GetAsync(token.Database, token.UserId) is { } identity
                ? identity
                : RealtimeError.InvalidToken;
    }

    /// <summary>The root user whose root token the request carries.</summary>
    public async ValueTask<Result<CallerIdentity>> AuthenticateRootAsync(HttpRequest request)
    {
        var database = await FindDatabaseAsync(request);
        if (database.Error is { } unknown)
        {
            return unknown;
        }

        var bearer = ReadBearer(request);
        if (bearer.Error is { } refused)
        {
            return refused;
        }

        var grain = grains.GetGrain<IDatabaseGrain>(GrainKey.Encode(database.Value!.PublicKey));
        return await grain.VerifyRootAsync(bearer.Value!) is { } root ? root : RealtimeError.InvalidRootToken;
    }

    /// <summary>The bearer token of a request, if it has one.</summary>
    public static Result<string> ReadBearer(HttpRequest request)
    {
        string? header = request.Headers.Authorization;
        return string.IsNullOrEmpty(header) ? MissingAuthorization
            : header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) ? header[Scheme.Length..].Trim()
            : NotBearer;
    }
}
