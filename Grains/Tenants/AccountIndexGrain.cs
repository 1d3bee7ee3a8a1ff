using System.Collections.Immutable;

namespace Realtime.Tenants;

/// <inheritdoc cref="IAccountIndexGrain"/>
internal sealed class AccountIndexGrain : Grain, IAccountIndexGrain
{
    private readonly CommittedState<AccountIndexState> _state;

    public AccountIndexGrain([PersistentState("state", RealtimeStorage.Large)] IPersistentState<AccountIndexState> state) =>
        _state = new CommittedState<AccountIndexState>(state, this);

    /// <inheritdoc/>
    public async ValueTask AddAsync(string accountId)
    {
        if (!_state.Value.AccountIds.Contains(accountId))
        {
            await _state.UpdateAsync(state => state with { AccountIds = state.AccountIds.Add(accountId) });
        }
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(string accountId) =>
        await _state.UpdateAsync(state => state with { AccountIds = state.AccountIds.Remove(accountId) });

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<string>> GetAsync() => new(_state.Value.AccountIds);

    /// <inheritdoc/>
    public async ValueTask ClearAsync()
    {
        await _state.ClearAsync();
        DeactivateOnIdle();
    }
}
