using System.Collections.Immutable;

namespace Realtime.Tenants;

/// <inheritdoc cref="ITenantListGrain"/>
internal sealed class TenantListGrain : Grain, ITenantListGrain
{
    private readonly CommittedState<TenantListState> _state;

    public TenantListGrain([PersistentState("state", RealtimeStorage.Large)] IPersistentState<TenantListState> state) =>
        _state = new CommittedState<TenantListState>(state, this);

    /// <inheritdoc/>
    public async ValueTask<ImmutableArray<TenantInfo>> GetAsync()
    {
        // A tenant is listed before it is made, so that none is ever lost; the half-made ones don't answer.
        var tenants = await Task.WhenAll(_state.Value.TenantIds.Select(
            id => GrainFactory.GetGrain<ITenantGrain>(id).GetAsync().AsTask()));
        return [.. tenants.OfType<TenantInfo>()];
    }

    /// <inheritdoc/>
    public async ValueTask AddAsync(string tenantId)
    {
        if (!_state.Value.TenantIds.Contains(tenantId))
        {
            await _state.UpdateAsync(state => state with { TenantIds = state.TenantIds.Add(tenantId) });
        }
    }

    /// <inheritdoc/>
    public async ValueTask RemoveAsync(string tenantId)
    {
        if (_state.Value.TenantIds.Contains(tenantId))
        {
            await _state.UpdateAsync(state => state with { TenantIds = state.TenantIds.Remove(tenantId) });
        }
    }
}
