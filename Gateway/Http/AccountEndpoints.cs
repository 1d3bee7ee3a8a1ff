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
        var sent = await ReadCredentialsAsync(request, authenticator);
        if (sent.Error is { } error)
        {
            return Replies.Error(error);
        }

        var (database, credentials) = sent.Value!;
        var account = grains.GetGrain<IAccountGrain>(UserKeys.Account(database.PublicKey, Identifiers.NewId()));
        return Replies.From(
            await account.RegisterAsync(credentials.Email ?? "", credentials.Password ?? ""),
            identity => Replies.Value(tokens.Issue(identity)));
    }

    private static async Task<IResult> LoginAsync(
        HttpRequest request, RequestAuthenticator authenticator, SessionTokens tokens, IGrainFactory grains)
    {
        var sent = await ReadCredentialsAsync(request, authenticator);
        if (sent.Error is { } error)
        {
            return Replies.Error(error);
        }

        var (database, (email, password, accountId)) = sent.Value!;
        return EmailAddress.TryNormalize(email, out var normal)
            && await grains.GetGrain<IEmailGrain>(UserKeys.Email(database.PublicKey, normal)).LoginAsync(password ?? "") is { } identity
            && (string.IsNullOrEmpty(accountId) || accountId == identity.AccountId)
                ? Replies.Value(tokens.Issue(identity))
                : Replies.Text(StatusCodes.Status401Unauthorized, "invalid email/password");
    }

    private static Task<IResult> MeAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains) =>
        SignedAsync(request, authenticator, async caller => await User(grains, caller).GetAsync() is { } user
            ? Replies.Value(new { accountId = user.AccountId, userId = user.Id, email = user.Email, role = user.Role })
            : Replies.Error(RealtimeError.InvalidToken));

    private static Task<IResult> ChangeEmailAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains) =>
        SignedAsync<Credentials>(request, authenticator, async (caller, body) =>
            Done(await User(grains, caller).ChangeEmailAsync(body.Email ?? "")));

    private static Task<IResult> GetUsersAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains) =>
        SignedAsync(request, authenticator, async caller =>
            Replies.Value((await Account(grains, caller).GetUsersAsync()).Select(Describe)));

    private static Task<IResult> AddUserAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains) =>
        SignedAsync<Credentials>(request, authenticator, async (caller, body) => Replies.From(
            await Account(grains, caller).AddUserAsync(body.Email ?? "", body.Password ?? ""),
            static user => Replies.Value(Describe(user))));

    private static Task<IResult> RemoveUserAsync(
        HttpRequest request, string id, RequestAuthenticator authenticator, IGrainFactory grains) =>
        SignedAsync(request, authenticator, async caller => Done(await Account(grains, caller).RemoveUserAsync(caller, id)));

    private static Task<IResult> SetRoleAsync(HttpRequest request, RequestAuthenticator authenticator, IGrainFactory grains) =>
        SignedAsync<RoleChange>(request, authenticator, async (caller, body) =>
            !string.IsNullOrEmpty(body.AccountId) && body.AccountId != caller.AccountId
                ? Replies.Error(RealtimeError.NotAuthorized)
                : Done(await Account(grains, caller).SetRoleAsync(caller, body.Email ?? "", body.Role)));

    private static Task<IResult> NewIdAsync(HttpRequest request, RequestAuthenticator authenticator) =>
        SignedAsync(request, authenticator, static _ => Task.FromResult(Replies.Value(Identifiers.NewId())));

    /// <summary>Runs a request that needs a user.</summary>
    private static async Task<IResult> SignedAsync(
        HttpRequest request, RequestAuthenticator authenticator, Func<CallerIdentity, Task<IResult>> run)
    {
        var caller = await authenticator.AuthenticateAsync(request);
        return caller.Error is { } refused ? Replies.Error(refused) : await run(caller.Value!);
    }

    /// <summary>Runs a request that needs a user and a body.</summary>
    private static Task<IResult> SignedAsync<T>(
        HttpRequest request, RequestAuthenticator authenticator, Func<CallerIdentity, T, Task<IResult>> run)
        where T : class =>
        SignedAsync(request, authenticator, async caller =>
        {
            var body = await RequestBody.ReadJsonAsync<T>(request, MaxBodyBytes);
            return body.Error is { } error ? Replies.Error(error) : await run(caller, body.Value!);
        });

    private static async Task<Result<DatabaseCredentials>> ReadCredentialsAsync(HttpRequest request, RequestAuthenticator authenticator)
    {
        var database = await authenticator.FindDatabaseAsync(request);
        if (database.Error is { } unknown)
        {
            return unknown;
        }

        var body = await RequestBody.ReadJsonAsync<Credentials>(request, MaxBodyBytes);
        return body.Error is { } error ? error : new DatabaseCredentials(database.Value!, body.Value!);
    }

    private static IResult Done(RealtimeError? error) => error is null ? Replies.True : Replies.Error(error);

    private static IUserGrain User(IGrainFactory grains, CallerIdentity caller) =>
        grains.GetGrain<IUserGrain>(UserKeys.User(caller.Database, caller.UserId));

    private static IAccountGrain Account(IGrainFactory grains, CallerIdentity caller) =>
        grains.GetGrain<IAccountGrain>(UserKeys.Account(caller.Database, caller.AccountId));

    private static object Describe(UserInfo user) =>
        new { id = user.Id, accountId = user.AccountId, email = user.Email, role = user.Role, created = user.Created };

    private sealed record Credentials(string? Email, string? Password, string? AccountId);

    private sealed record DatabaseCredentials(DatabaseRef Database, Credentials Credentials);

    private sealed record RoleChange(string? Email, int Role, string? AccountId);
}
