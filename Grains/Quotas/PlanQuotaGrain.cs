using Microsoft.Extensions.Logging;
using Realtime.Gateways;
using Realtime.Telemetry;
using Realtime.Tenants;

namespace Realtime.Quotas;

/// <inheritdoc cref="IPlanQuotaGrain"/>
/// <remarks>
/// Leases live in memory only: the gateways know the truth, and a new activation asks them. A write per connection
/// would cost more and could still be older than what they say.
/// </remarks>
internal sealed partial class PlanQuotaGrain(GrainMetrics metrics, TimeProvider time, ILogger<PlanQuotaGrain> logger) : Grain, IPlanQuotaGrain
{
    private static readonly TimeSpan CountBound = TimeSpan.FromSeconds(1);

    private readonly LeaseTable _leases = new(time);
    private readonly QuotaUse _use = new();
    private bool _isTenantKnown;

    private string TenantId => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync();
        metrics.Add(_use);
        var live = await GrainFactory.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).GetLiveAsync();
        foreach (var registration in live)
        {
            _leases.Expect(registration.Gateway);
        }

        try
        {
            // The gateway whose call started this activation is asked too: it answers while its call waits.
            await Task.WhenAll(live.Select(CountAsync)).WaitAsync(CountBound, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // A later answer is still taken; until then nothing is granted, and after a lease it isn't needed.
            LogUndecided(logger, TenantId);
        }
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        metrics.Remove(_use);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<SlotGrant> SyncAsync(string gateway, int held, int wanted)
    {
        if (!_isTenantKnown)
        {
            await ReloadAsync();
        }

        var grant = _leases.Sync(gateway, held, wanted);
        metrics.SlotsRequested(wanted, grant);
        _use.InUse = _leases.InUse;
        if (_use.InUse > 0)
        {
            // Idle or not, a new activation would have to ask every gateway first.
            DelayDeactivation(LeaseTable.Lease);
        }

        return grant;
    }

    /// <inheritdoc/>
    public ValueTask<int> CountInUseAsync() => new(_leases.InUse);

    /// <inheritdoc/>
    public async ValueTask ReloadAsync()
    {
        var tenant = await GrainFactory.GetGrain<ITenantGrain>(TenantId).GetAsync();
        _isTenantKnown = tenant is not null;
        _leases.Limit = tenant?.Limit ?? 0;
        (_use.Plan, _use.Limit) = (tenant?.Plan ?? "none", _leases.Limit);
    }

    private async Task CountAsync(GatewayRegistration registration)
    {
        try
        {
            _leases.Answer(registration.Gateway, await registration.Observer.CountSlotsAsync(TenantId));
        }
        catch (Exception exception)
        {
            LogCountFailed(logger, exception, registration.Gateway);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Not every gateway has stated its slots of tenant {Tenant}; no slot is granted yet.")]
    private static partial void LogUndecided(ILogger logger, string tenant);

    [LoggerMessage(LogLevel.Warning, "Gateway {Gateway} did not state its slots.")]
    private static partial void LogCountFailed(ILogger logger, Exception exception, string gateway);
}
