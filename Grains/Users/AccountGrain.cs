using System.Collections.Immutable;
using Realtime.Tenants;

namespace Realtime.Users;

/// <inheritdoc cref="IAccountGrain"/>
/// <remarks>A user is listed here before it is made, so that deleting the account or its database misses nobody.</remarks>
internal sealed class AccountGrain : Grain, IAccountGrain
{
    private const int FirstUserRole = 50;
    private const int RoleSetterRole = 50;
    private const int ErasuresAtOnce = 8;

    private readonly CommittedState<AccountState> _state;
    private readonly string _database;
    private readonly string _accountId;

    public AccountGrain([PersistentState("state")] IPersistentState<AccountState> state, IGrainContext context)
    {
        _state = new CommittedState<AccountState>(state, this);
        (_database, _accountId) = GrainKey.Split(context.GrainId.Key.ToString()!);
    }

    /// <inheritdoc/>
    public async ValueTask<Result<CallerIdentity>> RegisterAsync(string email, string password)
    {
        if (!EmailAddress.TryNormalize(email, out var normal) || _state.Value.Exists)
        {
            return RealtimeError.InvalidEmail;
        }

        if (!PasswordHasher.IsAcceptable(password))
        {
            return RealtimeError.InvalidPassword;
        }

        if (await IsTakenAsync(normal))
        {
            return RealtimeError.InvalidEmail;
        }

        // First into the index, then the look at the database: its deletion marks it first and then reads the index, so
        // either this sees the mark or the deletion sees this account.
        var index = GrainFactory.GetAccountIndex(_database, _accountId);
        await index.AddAsync(_accountId);
        var database = GrainFactory.GetGrain<IDatabaseGrain>(GrainKey.Encode(_database));
        if (await database.GetTenantAsync() is null)
        {
            await index.RemoveAsync(_accountId);
            return RealtimeError.InvalidPublicKey;
        }

        var userId = Identifiers.NewId();
        await ListAsync(userId);
        var created = await CreateUserAsync(userId, normal, password, FirstUserRole);
        if (created.Error is null)
        {
            return await User(userId).GetIdentityAsync() is { } identity ? identity : RealtimeError.InvalidToken;
        }

        await _state.ClearAsync();
        await index.RemoveAsync(_accountId);

        // In use: someone else was faster by less than the check above can see.
        return created.Error == RealtimeError.EmailInUse ? RealtimeError.InvalidEmail : created.Error;
    }

    /// <inheritdoc/>
    public async ValueTask SeedRootAsync(string userId, string? email, string? password)
    {
        string? normal = null;
        if (email is not null && !EmailAddress.TryNormalize(email, out normal))
        {
            throw new ArgumentException("Not an e-mail address.", nameof(email));
        }

        await ListAsync(userId);
        var created = await User(userId).CreateAsync(_accountId, normal, password, CallerIdentity.RootRole);
        if (created.Error is { } error)
        {
            throw new InvalidOperationException($"The root user can't be made: {error.Message}.");
        }
    }

    /// <inheritdoc/>
    public async ValueTask<Result<UserInfo>> AddUserAsync(string email, string password)
    {
        if (!_state.Value.Exists)
        {
            return RealtimeError.InvalidToken;
        }

        if (!EmailAddress.TryNormalize(email, out var normal))
        {
            return RealtimeError.InvalidEmail;
        }

        if (!PasswordHasher.IsAcceptable(password))
        {
            return RealtimeError.InvalidPassword;
        }

        if (await IsTakenAsync(normal))
        {
            return RealtimeError.EmailInUse;
        }

        var userId = Identifiers.NewId();
        await ListAsync(userId);
        var created = await CreateUserAsync(userId, normal, password, role: 0);
        if (created.Error is not null)
        {
            await ForgetUserAsync(userId);
        }

        return created;
    }

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<UserInfo>> GetUsersAsync()
    {
        var users = await Task.WhenAll(_state.Value.UserIds.Select(userId => User(userId).GetAsync().AsTask()));
        return [.. users.OfType<UserInfo>()];
    }

    /// <inheritdoc/>
    public async ValueTask<RealtimeError?> RemoveUserAsync(CallerIdentity caller, string userId)
    {
        if (!IsMember(caller) || !_state.Value.UserIds.Contains(userId))
        {
            return RealtimeError.UserNotFound;
        }

        if (await User(userId).GetAsync() is { } user && user.Role > caller.Role)
        {
            return RealtimeError.PermissionTooLow;
        }

        // Also if it is gone already: listed still, it was removed half.
        await User(userId).RemoveAsync();
        await ForgetUserAsync(userId);
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask<RealtimeError?> SetRoleAsync(CallerIdentity caller, string email, int role)
    {
        ArgumentNullException.ThrowIfNull(caller);
        if (caller.Role < RoleSetterRole)
        {
            return RealtimeError.PermissionTooLow;
        }

        if (!EmailAddress.TryNormalize(email, out var normal))
        {
            return RealtimeError.InvalidEmail;
        }

        if (role is < 0 or > CallerIdentity.RootRole)
        {
            return RealtimeError.BadRequest("invalid role");
        }

        var userId = await Email(normal).GetUserAsync();
        if (userId is null
            || !IsMember(caller)
            || !_state.Value.UserIds.Contains(userId)
            || await User(userId).GetAsync() is not { } user)
        {
            return RealtimeError.UserNotFound;
        }

        if (role > caller.Role || user.Role > caller.Role)
        {
            return RealtimeError.NotAuthorized;
        }

        await User(userId).SetRoleAsync(role);
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask ForgetUserAsync(string userId)
    {
        if (_state.Value.UserIds.Contains(userId))
        {
            await _state.UpdateAsync(state => state with { UserIds = state.UserIds.Remove(userId) });
        }
    }

    /// <inheritdoc/>
    public async ValueTask DeleteAsync()
    {
        foreach (var userIds in _state.Value.UserIds.Chunk(ErasuresAtOnce))
        {
            await Task.WhenAll(userIds.Select(userId => GrainFactory
                .GetGrain<IErasableUserGrain>(UserKeys.User(_database, userId))
                .EraseAsync()
                .AsTask()));
        }

        await _state.ClearAsync();
        DeactivateOnIdle();
    }

    private async ValueTask<Result<UserInfo>> CreateUserAsync(string userId, string email, string password, int role)
    {
        try
        {
            return await User(userId).CreateAsync(_accountId, email, password, role);
        }
        catch (TemporarilyUnavailableException)
        {
            // Nothing was done, unlike after a timeout; so what was prepared can be undone.
            return RealtimeError.TemporarilyUnavailable;
        }
    }

    private bool IsMember(CallerIdentity caller) => caller.Database == _database && caller.AccountId == _accountId;

    private async ValueTask ListAsync(string userId)
    {
        if (!_state.Value.UserIds.Contains(userId))
        {
            await _state.UpdateAsync(state => state with { Exists = true, UserIds = state.UserIds.Add(userId) });
        }
    }

    private async ValueTask<bool> IsTakenAsync(string email) => await Email(email).GetUserAsync() is not null;

    private IEmailGrain Email(string email) => GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(_database, email));

    private IUserGrain User(string userId) => GrainFactory.GetGrain<IUserGrain>(UserKeys.User(_database, userId));
}
