using Microsoft.Extensions.Options;
using Realtime.Quotas;

namespace Realtime.Tenants;

/// <inheritdoc cref="ITenantGrain"/>
internal sealed class TenantGrain : Grain, ITenantGrain
{
    private const int MaxNameLength = 200;

    private readonly CommittedState<TenantState> _state;
    private readonly IDictionary<string, int> _limits;

    public TenantGrain([PersistentState("state")] IPersistentState<TenantState> state, IOptions<PlanOptions> plans)
    {
        _state = new CommittedState<TenantState>(state, this);
        _limits = plans.Value.Limits;
    }

    private bool Exists => _state.Value is { Name: not null, IsDeleted: false };

    private string Id => this.GetPrimaryKeyString();

    private ITenantListGrain List => GrainFactory.GetGrain<ITenantListGrain>(ITenantListGrain.Key);

    private IPlanQuotaGrain Quota => GrainFactory.GetGrain<IPlanQuotaGrain>(Id);

    /// <inheritdoc/>
    public async ValueTask<Result<TenantInfo>> CreateAsync(string name, string plan)
    {
        if (!IsName(name))
        {
            return RealtimeError.BadRequest("invalid name");
        }

        if (!TryFindPlan(plan, out var planName))
        {
            return UnknownPlan;
        }

        if (_state.Value is { Name: not null } existing)
        {
            return existing is { IsDeleted: false } && existing.Name == name && existing.Plan == planName
                ? GetInfo()
                : RealtimeError.BadRequest("the tenant exists already");
        }

        await List.AddAsync(Id);
        await _state.UpdateAsync(state => state with { Name = name, Plan = planName });
        return GetInfo();
    }

    /// <inheritdoc/>
    public ValueTask<TenantInfo?> GetAsync() => new(Exists ? GetInfo() : null);

    /// <inheritdoc/>
    public async ValueTask<Result<TenantInfo>> SetPlanAsync(string plan)
    {
        if (!Exists)
        {
            return RealtimeError.TenantNotFound;
        }

        if (!TryFindPlan(plan, out var planName))
        {
            return UnknownPlan;
        }

        if (_state.Value.Plan != planName)
        {
            await _state.UpdateAsync(state => state with { Plan = planName });
        }

        // Also when the plan is the same: an earlier call may have failed just here.
        await Quota.ReloadAsync();
        return GetInfo();
    }

    /// <inheritdoc/>
    public async ValueTask<Result<DatabaseCredentials>> CreateDatabaseAsync(string name)
    {
        if (!Exists)
        {
            return RealtimeError.TenantNotFound;
        }

        if (!IsName(name))
        {
            return RealtimeError.BadRequest("invalid name");
        }

        var publicKey = Identifiers.NewPublicKey();
        return new DatabaseCredentials(publicKey, await AddDatabaseAsync(publicKey, name, seed: null));
    }

    /// <inheritdoc/>
    public async ValueTask ForgetDatabaseAsync(string publicKey)
    {
        // While the tenant is being deleted its state goes as a whole.
        if (Exists && _state.Value.Databases.Any(database => database.PublicKey == publicKey))
        {
            await _state.UpdateAsync(state => state with
            {
                Databases = state.Databases.RemoveAll(database => database.PublicKey == publicKey),
            });
        }
    }

    /// <inheritdoc/>
    public async ValueTask SeedDatabaseAsync(DatabaseSeed seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        if (!Exists)
        {
            throw new InvalidOperationException("The tenant of a seeded database must exist.");
        }

        if (!_state.Value.Databases.Any(database => database.PublicKey == seed.PublicKey && database.IsReady))
        {
            await AddDatabaseAsync(seed.PublicKey, seed.PublicKey, seed);
        }
    }

    /// <inheritdoc/>
    public async ValueTask<bool> DeleteAsync()
    {
        if (_state.Value.Name is null)
        {
            return false;
        }

        if (!_state.Value.IsDeleted)
        {
            await _state.UpdateAsync(static state => state with { IsDeleted = true });
        }

        await Quota.ReloadAsync();
        foreach (var database in _state.Value.Databases)
        {
            await GrainFactory.GetGrain<IDatabaseGrain>(GrainKey.Encode(database.PublicKey)).DeleteAsync();
        }

        await List.RemoveAsync(Id);
        await _state.ClearAsync();
        DeactivateOnIdle();
        return true;
    }

    private static RealtimeError UnknownPlan => RealtimeError.BadRequest("unknown plan");

    private static bool IsName(string? name) =>
        !string.IsNullOrWhiteSpace(name) && name.Length <= MaxNameLength && !name.Any(char.IsControl);

    private async ValueTask<string> AddDatabaseAsync(string publicKey, string name, DatabaseSeed? seed)
    {
        await SetDatabaseAsync(new TenantDatabase(publicKey, name, IsReady: false));
        var rootToken = await GrainFactory.GetGrain<IDatabaseGrain>(GrainKey.Encode(publicKey)).CreateAsync(Id, seed);
        await SetDatabaseAsync(new TenantDatabase(publicKey, name, IsReady: true));
        return rootToken;
    }

    private Task SetDatabaseAsync(TenantDatabase database) => _state.UpdateAsync(state => state with
    {
        Databases = [.. state.Databases.Where(other => other.PublicKey != database.PublicKey), database],
    });

    private TenantInfo GetInfo()
    {
        var state = _state.Value;
        return new TenantInfo(
            Id,
            state.Name!,
            state.Plan,
            // A plan that was taken out of the configuration grants nothing new.
            _limits.TryGetValue(state.Plan, out var limit) ? limit : 0,
            [.. state.Databases.Where(static d => d.IsReady).Select(static d => new DatabaseName(d.PublicKey, d.Name))]);
    }

    private bool TryFindPlan(string? plan, out string name)
    {
        name = _limits.Keys.FirstOrDefault(key => key.Equals(plan, StringComparison.OrdinalIgnoreCase)) ?? "";
        return name.Length > 0;
    }
}
