using Microsoft.Extensions.Logging;
using Realtime.Gateways;
using Realtime.Users;

namespace Realtime.Tenants;

/// <inheritdoc cref="IDatabaseGrain"/>
internal sealed partial class DatabaseGrain : Grain, IDatabaseGrain
{
    private const int DeletionsAtOnce = 8;

    private readonly CommittedState<DatabaseState> _state;
    private readonly IDatabaseDocuments _documents;
    private readonly ILogger<DatabaseGrain> _logger;

    public DatabaseGrain(
        [PersistentState("state")] IPersistentState<DatabaseState> state,
        IDatabaseDocuments documents,
        ILogger<DatabaseGrain> logger)
    {
        _state = new CommittedState<DatabaseState>(state, this);
        _documents = documents;
        _logger = logger;
    }

    private bool Exists => _state.Value is { TenantId: not null, IsDeleted: false, RootTokenHash.Length: > 0 };

    private string PublicKey => GrainKey.Decode(this.GetPrimaryKeyString());

    /// <inheritdoc/>
    public async ValueTask<string> CreateAsync(string tenantId, DatabaseSeed? seed)
    {
        ArgumentException.ThrowIfNullOrEmpty(tenantId);
        if (_state.Value.IsDeleted || (_state.Value.TenantId is { } owner && owner != tenantId))
        {
            throw new InvalidOperationException("The database belongs to another tenant or is being deleted.");
        }

        if (_state.Value.TenantId is null)
        {
            // The ids are stored before anything is made under them: asked again after a crash, it goes on with them.
            await _state.UpdateAsync(state => state with
            {
                TenantId = tenantId,
                RootUserId = Identifiers.NewId(),
                RootAccountId = Identifiers.NewId(),
            });
        }

        var (userId, accountId) = (_state.Value.RootUserId, _state.Value.RootAccountId);
        await GrainFactory.GetAccountIndex(PublicKey, accountId).AddAsync(accountId);
        await GrainFactory.GetGrain<IAccountGrain>(UserKeys.Account(PublicKey, accountId))
            .SeedRootAsync(userId, seed?.AdminEmail, seed?.AdminPassword);
        return await SetRootTokenAsync(seed?.RootToken ?? RootToken.Create(userId, accountId));
    }

    /// <inheritdoc/>
    public ValueTask<string?> GetTenantAsync()
    {
        if (_state.Value.TenantId is null)
        {
            // Anybody may ask for any key; what doesn't exist must not stay.
            DeactivateOnIdle();
        }

        return new(Exists ? _state.Value.TenantId : null);
    }

    /// <inheritdoc/>
    public async ValueTask<CallerIdentity?> VerifyRootAsync(string rootToken)
    {
        if (!Exists || !RootToken.Matches(rootToken, _state.Value.RootTokenHash))
        {
            return null;
        }

        // The token stands for its user: it ends with the user, or with the user's role.
        var user = GrainFactory.GetGrain<IUserGrain>(UserKeys.User(PublicKey, _state.Value.RootUserId));
        return await user.GetIdentityAsync() is { IsRoot: true } identity ? identity : null;
    }

    /// <inheritdoc/>
    public async ValueTask<string?> RotateRootAsync() => Exists
        ? await SetRootTokenAsync(RootToken.Create(_state.Value.RootUserId, _state.Value.RootAccountId))
        : null;

    /// <inheritdoc/>
    public ValueTask DeleteDocumentsOfAsync(string userId) => _documents.DeleteOwnedAsync(PublicKey, userId);

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync()
    {
        if (_state.Value.TenantId is not { } tenantId)
        {
            return false;
        }

        // Each step can be done again; the state goes last, so that an interrupted deletion continues when asked again.
        if (!_state.Value.IsDeleted)
        {
            await _state.UpdateAsync(static state => state with { IsDeleted = true });
        }

        await GrainFactory.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key)
            .BroadcastDatabaseRemovedAsync(PublicKey);
        foreach (var parts in Enumerable.Range(0, AccountIndex.Parts).Chunk(DeletionsAtOnce))
        {
            await Task.WhenAll(parts.Select(DeleteAccountsAsync));
        }

        await _documents.DeleteAllAsync(PublicKey);
        await GrainFactory.GetGrain<ITenantGrain>(tenantId).ForgetDatabaseAsync(PublicKey);
        await _state.ClearAsync();
        DeactivateOnIdle();
        LogDeleted(_logger, PublicKey);
        return true;
    }

    private async Task DeleteAccountsAsync(int part)
    {
        var index = GrainFactory.GetAccountIndex(PublicKey, part);
        foreach (var accountIds in (await index.GetAsync()).Chunk(DeletionsAtOnce))
        {
            await Task.WhenAll(accountIds.Select(accountId =>
                GrainFactory.GetGrain<IAccountGrain>(UserKeys.Account(PublicKey, accountId)).DeleteAsync().AsTask()));
        }

        await index.ClearAsync();
    }

    private async ValueTask<string> SetRootTokenAsync(string token)
    {
        await _state.UpdateAsync(state => state with { RootTokenHash = RootToken.Hash(token) });
        return token;
    }

    [LoggerMessage(LogLevel.Information, "Database {Database} was deleted.")]
    private static partial void LogDeleted(ILogger logger, string database);
}
