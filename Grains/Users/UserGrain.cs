using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Users;

/// <inheritdoc cref="IUserGrain"/>
internal sealed partial class UserGrain : Grain, IUserGrain, IErasableUserGrain
{
    private readonly CommittedState<UserState> _state;
    private readonly PasswordHasher _hasher;
    private readonly TimeProvider _time;
    private readonly ILogger<UserGrain> _logger;
    private readonly string _database;
    private readonly string _userId;

    public UserGrain(
        [PersistentState("state")] IPersistentState<UserState> state,
        IGrainContext context,
        PasswordHasher hasher,
        TimeProvider time,
        ILogger<UserGrain> logger)
    {
        _state = new CommittedState<UserState>(state, this);
        _hasher = hasher;
        _time = time;
        _logger = logger;
        (_database, _userId) = GrainKey.Split(context.GrainId.Key.ToString()!);
    }

    private bool Exists => _state.Value is { Version: > 0, IsRemoved: false };

    /// <inheritdoc/>
    public async ValueTask<Result<UserInfo>> CreateAsync(string accountId, string? email, string? password, int role)
    {
        CheckRole(role);
        if (_state.Value.Version > 0)
        {
            return Exists && _state.Value.AccountId == accountId && _state.Value.Email == email
                ? GetInfo()
                : throw new InvalidOperationException("A user is made once.");
        }

        // Hashing may wait for long or be refused. The reservation comes after it and lives until the write.
        var hash = password is null ? null : await _hasher.HashAsync(password);
        if (email is not null && !await Email(email).ReserveAsync(_userId, email))
        {
            return RealtimeError.EmailInUse;
        }

        await _state.UpdateAsync(_ => new UserState
        {
            AccountId = accountId,
            Email = email,
            PasswordHash = hash,
            Role = role,
            Version = 1,
            Created = _time.GetUtcNow(),
        });
        return GetInfo();
    }

    /// <inheritdoc/>
    public ValueTask<CallerIdentity?> GetIdentityAsync() => new(GetIdentity());

    /// <inheritdoc/>
    public ValueTask<UserInfo?> GetAsync() => new(Exists ? GetInfo() : null);

    /// <inheritdoc/>
    public async ValueTask<CallerIdentity?> CheckPasswordAsync(string password) =>
        // Read again after the hashing, which takes long enough for a removal.
        await _hasher.VerifyAsync(password, _state.Value.PasswordHash) ? GetIdentity() : null;

    /// <inheritdoc/>
    public async ValueTask<RealtimeError?> ChangeEmailAsync(string email)
    {
        if (!Exists)
        {
            return RealtimeError.InvalidToken;
        }

        if (!EmailAddress.TryNormalize(email, out var normal))
        {
            return RealtimeError.InvalidEmail;
        }

        var former = _state.Value.Email;
        if (former == normal)
        {
            return null;
        }

        if (!await Email(normal).ReserveAsync(_userId, normal))
        {
            return RealtimeError.EmailInUse;
        }

        await _state.UpdateAsync(state => state with { Email = normal });
        await ReleaseAsync(former);
        return null;
    }

    /// <inheritdoc/>
    public async ValueTask SetRoleAsync(int role)
    {
        CheckRole(role);
        if (!Exists)
        {
            return;
        }

        if (_state.Value.Role != role)
        {
            await _state.UpdateAsync(state => state with { Role = role, Version = state.Version + 1 });
        }

        // Also when nothing changed: an earlier call may have failed just here.
        await BroadcastAsync();
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RemoveAsync()
    {
        if (_state.Value.Version == 0)
        {
            return false;
        }

        var (existed, former) = (Exists, _state.Value.Email);
        if (existed)
        {
            await _state.UpdateAsync(static state => new UserState
            {
                AccountId = state.AccountId,
                Version = state.Version + 1,
                IsRemoved = true,
            });
        }

        // The steps after the tombstone are done again when the caller asks again after a failure.
        await BroadcastAsync();
        await GrainFactory.GetGrain<IAccountGrain>(UserKeys.Account(_database, _state.Value.AccountId))
            .ForgetUserAsync(_userId);
        await ReleaseAsync(former);
        return existed;
    }

    /// <inheritdoc/>
    public async ValueTask EraseAsync()
    {
        if (_state.Value.Email is { } email)
        {
            await GrainFactory.GetGrain<IErasableEmailGrain>(UserKeys.Email(_database, email)).EraseAsync();
        }

        await _state.ClearAsync();
        DeactivateOnIdle();
    }

    private static void CheckRole(int role)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(role);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(role, CallerIdentity.RootRole);
    }

    private IEmailGrain Email(string email) => GrainFactory.GetGrain<IEmailGrain>(UserKeys.Email(_database, email));

    private CallerIdentity? GetIdentity() => Exists
        ? new CallerIdentity(_database, _state.Value.AccountId, _userId, _state.Value.Role, _state.Value.Version)
        : null;

    private UserInfo GetInfo() => new(
        _userId,
        _state.Value.AccountId,
        _state.Value.Email ?? "",
        _state.Value.Role,
        _state.Value.Created);

    private ValueTask BroadcastAsync() => GrainFactory
        .GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key)
        .BroadcastIdentityChangedAsync(_database, _userId);

    private async ValueTask ReleaseAsync(string? email)
    {
        if (email is null)
        {
            return;
        }

        try
        {
            await Email(email).ReleaseAsync(_userId);
        }
        catch (Exception exception)
        {
            // What the caller asked for is done. The reservation lapses by itself, as it is nobody's e-mail now.
            LogReleaseFailed(_logger, exception, _userId);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The former e-mail of user {UserId} is free only after a minute.")]
    private static partial void LogReleaseFailed(ILogger logger, Exception exception, string userId);
}
