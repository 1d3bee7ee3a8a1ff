using Realtime.Gateway.Auth;
using Realtime.Users;

namespace Realtime.Gateway.Http;

/// <summary>Registration, login and the users of an account (protocol 3.2).</summary>
internal static class AccountEndpoints
{
    private const int MaxBodyBytes = 16 * 1024;

    /// <summary>Maps the endpoints.</summary>
    public static void MapAccounts(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/register", RegisterAsync).RequireLoginRate();
        routes.MapPost("/login", LoginAsync).RequireLoginRate();
        routes.MapGet("/me", MeAsync);
        routes.MapPost("/me/email", ChangeEmailAsync);
        routes.MapGet("/account/users", GetUsersAsync);
        routes.MapPost("/account/users", AddUserAsync);
        routes.MapDelete("/account/users/{id}", RemoveUserAsync);
        routes.MapPost("/setrole", SetRoleAsync);
        routes.MapGet("/newid", NewIdAsync);
    }

    private static async Task<IResult> RegisterAsync(
        HttpRequest request, RequestAuthenticator authenticator, SessionTokens tokens, IGrainFactory grains)
    {
        var database = await authenticator.FindDatabaseAsync(request);
        if (database.Error is { } unknown)
        {
            return Replies.Error(unknown);
        }

        var body = await RequestBody.ReadJsonAsync<Credentials>(request, MaxBodyBytes);
        if (body.Error is { } error)
        {
            return Replies.Error(error);
        }

        var account = grains.GetGrain<IAccountGrain>(UserKeys.Account(database.Value!.PublicKey, Identifiers.NewId()));
        return Replies.From(
            await account.RegisterAsync(body.Value!.Email ?? "", body.Value.Password ?? ""),
            identity => Replies.Value(tokens.Issue(identity)));
    }

    private static async Task<IResult> LoginAsync(
        HttpRequest request, RequestAuthenticator authenticator, SessionTokens tokens, IGrainFactory grains)
    {
        var database = await authenticator.FindDatabaseAsync(request);
        if (database.Error is { } unknown)
        {
            return Replies.Error(unknown);
        }

        var body = await RequestBody.ReadJsonAsync<Credentials>(request, MaxBodyBytes);
        if (body.Error is { } error)
        {
            return Replies.Error(error);
        }

        var (email, password, accountId) = body.Value!;
        return EmailAddress.TryNormalize(email, out var normal)
            && await grains.GetGrain<IEmailGrain>(UserKeys.Email(database.Value!.PublicKey, normal)).LoginAsync(password ?? "") is { } identity
            && (string.IsNullOrEmpty(accountId) || accountId == identity.AccountId)
                ? Replies.Value(tokens.Issue(identity))
                : Replies.Text(StatusCodes.Status401Unauthorized, "invalid email/password");
    }

    private static async Task<IResult> MeAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        if (caller.Error is { } refused)
        {
            return Replies.Error(refused);
        }

        var user = await User(grains, caller.Value!).GetAsync();
        return user is null
            ? Replies.Error(RealtimeError.InvalidToken)
            : Replies.Value(new { accountId = user.AccountId, userId = user.Id, email = user.Email, role = user.Role });
    }

    private static async Task<IResult> ChangeEmailAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        if (caller.Error is { } refused)
        {
            return Replies.Error(refused);
        }

        var body = await RequestBody.ReadJsonAsync<Credentials>(request, MaxBodyBytes);
        var error = body.Error ?? await User(grains, caller.Value!).ChangeEmailAsync(body.Value!.Email ?? "");
        return error is null ? Replies.True : Replies.Error(error);
    }

    private static async Task<IResult> GetUsersAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        return caller.Error is { } refused
            ? Replies.Error(refused)
            : Replies.Value((await Account(grains, caller.Value!).GetUsersAsync()).Select(Describe));
    }

    private static async Task<IResult> AddUserAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        if (caller.Error is { } refused)
        {
            return Replies.Error(refused);
        }

        var body = await RequestBody.ReadJsonAsync<Credentials>(request, MaxBodyBytes);
        return body.Error is { } error
            ? Replies.Error(error)
            : Replies.From(
                await Account(grains, caller.Value!).AddUserAsync(body.Value!.Email ?? "", body.Value.Password ?? ""),
                static user => Replies.Value(Describe(user)));
    }

    private static async Task<IResult> RemoveUserAsync(
        HttpRequest request, string id, RequestAuthenticator authenticator, IGrainFactory grains)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        return caller.Error is { } refused ? Replies.Error(refused)
            : await Account(grains, caller.Value!).RemoveUserAsync(caller.Value!, id) is { } error ? Replies.Error(error)
            : Replies.True;
    }

    private static async Task<IResult> SetRoleAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        if (caller.Error is { } refused)
        {
            return Replies.Error(refused);
        }

        var body = await RequestBody.ReadJsonAsync<RoleChange>(request, MaxBodyBytes);
        if (body.Error is { } error)
        {
            return Replies.Error(error);
        }

        var (email, role, accountId) = body.Value!;
        return !string.IsNullOrEmpty(accountId) && accountId != caller.Value!.AccountId
            ? Replies.Error(RealtimeError.NotAuthorized)
            : await Account(grains, caller.Value!).SetRoleAsync(caller.Value!, email ?? "", role) is { } denied
                ? Replies.Error(denied)
                : Replies.True;
    }

    private static async Task<IResult> NewIdAsync(HttpRequest request, RequestAuthenticator authenticator)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        return Replies.From(caller, static _ => Replies.Value(Identifiers.NewId()));
    }

    private static IUserGrain User(IGrainFactory grains, CallerIdentity caller) =>
        grains.GetGrain<IUserGrain>(UserKeys.User(caller.Database, caller.UserId));

    private static IAccountGrain Account(IGrainFactory grains, CallerIdentity caller) =>
        grains.GetGrain<IAccountGrain>(UserKeys.Account(caller.Database, caller.AccountId));

    private static object Describe(UserInfo user) =>
        new { id = user.Id, accountId = user.AccountId, email = user.Email, role = user.Role, created = user.Created };

    private sealed record Credentials(string? Email, string? Password, string? AccountId);

    private sealed record RoleChange(string? Email, int Role, string? AccountId);
}
