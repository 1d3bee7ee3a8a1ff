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

    // It is likely to be gone, and nobody should wait for it.
    private static readonly TimeSpan LapsedBound = TimeSpan.FromSeconds(0.25);

    private readonly LeaseTable _leases = new(time);
    private readonly QuotaUse _use = new();
    private bool _isTenantKnown;

    private string TenantId => this.GetPrimaryKeyString();

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        await ReloadAsync();
        var known = await GrainFactory.GetKnownGatewaysAsync();
        var live = known.Where(static gateway => gateway.IsLive).Select(static gateway => gateway.Registration).ToArray();
        foreach (var registration in live)
        {
            _leases.Expect(registration.Gateway);
        }

        var lapsed = known.Where(static gateway => !gateway.IsLive);
        await Task.WhenAll(AnswerAllAsync(live, cancellationToken), Task.WhenAll(lapsed.Select(AnswerIfAliveAsync)));
        metrics.Add(_use);
    }

    /// <inheritdoc/>
    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        metrics.Remove(_use);
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask<SlotGrant> SyncAsync(string gateway, int held, int wanted, long statement)
    {
        if (!_isTenantKnown)
        {
            await ReloadAsync();
        }

        var grant = _leases.Sync(gateway, held, wanted, statement);
        if (grant.Revoked > 0 || (!grant.IsUndecided && grant.Granted < wanted))
        {
            grant = await ConfirmAsync(gateway, held, wanted, grant);
        }

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

    /// <summary>
    /// A refusal is final in a browser (protocol 1.5), and a gateway that was lost keeps its slots until its lease has
    /// passed: its clients, who want them back, must not be refused because of themselves. So the plan counts as full only
    /// if every gateway that slots are kept for says now that it holds them. So do slots that a gateway has lost while it was
    /// away: nobody's connections are ended for others that may be gone themselves.
    /// </summary>
    private async ValueTask<SlotGrant> ConfirmAsync(string gateway, int held, int wanted, SlotGrant grant)
    {
        var others = _leases.GetOthers(gateway);
        if (others.Length == 0)
        {
            return grant;
        }

        var known = (await GrainFactory.GetKnownGatewaysAsync()).ToDictionary(static gateway => gateway.Registration.Gateway);
        var answers = await Task.WhenAll(others.Select(async other =>
            known.TryGetValue(other, out var gateway) ? await CountInTimeAsync(gateway) : null));
        foreach (var (other, answer) in others.Zip(answers))
        {
            if (answer is { } count)
            {
                _leases.Confirm(other, count);
            }
        }

        var more = _leases.Sync(gateway, held + grant.Granted, wanted - grant.Granted);
        var (granted, isConfirmed) = (grant.Granted + more.Granted, !answers.Contains(null));
        return new SlotGrant(granted, IsUndecided: granted < wanted && (more.IsUndecided || !isConfirmed))
        {
            // Until all have answered, or their leases have passed, it is asked again with each renewal.
            Revoked = isConfirmed ? more.Revoked : 0,
        };
    }

    private async Task AnswerAllAsync(IEnumerable<GatewayRegistration> live, CancellationToken cancellationToken)
    {
        try
        {
            // The gateway whose call started this activation is asked too: it answers while its call waits.
            await Task.WhenAll(live.Select(AnswerAsync)).WaitAsync(CountBound, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // A later answer is still taken; until then nothing is granted, and after a lease it isn't needed.
            LogUndecided(logger, TenantId);
        }
    }

    /// <summary>
    /// A gateway whose renewals went by a frozen silo is forgotten, lives, and holds its slots. Nobody waits long for one that
    /// doesn't answer, but if it comes back what others got meanwhile is taken from it.
    /// </summary>
    private async Task AnswerIfAliveAsync(KnownGateway lapsed)
    {
        var gateway = lapsed.Registration.Gateway;
        try
        {
            var answer = lapsed.Registration.Observer.CountSlotsAsync(TenantId);
            answer.Ignore();
            var held = await answer.WaitAsync(LapsedBound, time);
            _leases.Expect(gateway);
            _leases.Answer(gateway, held);
        }
        catch (TemporarilyUnavailableException)
        {
            // It lives, and states them when it has given away what it gives away just now.
            _leases.Expect(gateway);
        }
        catch (Exception exception)
        {
            LogLapsed(logger, exception, gateway);
            _leases.Lapse(gateway);
        }
    }

    private async Task AnswerAsync(GatewayRegistration registration)
    {
        if (await CountAsync(registration) is { } held)
        {
            _leases.Answer(registration.Gateway, held);
        }
    }

    private async Task<int?> CountInTimeAsync(KnownGateway gateway)
    {
        try
        {
            return await CountAsync(gateway.Registration).WaitAsync(gateway.IsLive ? CountBound : LapsedBound, time);
        }
        catch (TimeoutException)
        {
            return null;
        }
    }

    private async Task<int?> CountAsync(GatewayRegistration registration)
    {
        try
        {
            return await registration.Observer.CountSlotsAsync(TenantId);
        }
        catch (TemporarilyUnavailableException)
        {
            // It gives slots away just now, which would count twice.
            return null;
        }
        catch (Exception exception)
        {
            LogCountFailed(logger, exception, registration.Gateway);
            return null;
        }
    }

    [LoggerMessage(LogLevel.Warning, "Not every gateway has stated its slots of tenant {Tenant}; no slot is granted yet.")]
    private static partial void LogUndecided(ILogger logger, string tenant);

    [LoggerMessage(LogLevel.Information, "Gateway {Gateway}, whose registration has run out, did not state its slots.")]
    private static partial void LogLapsed(ILogger logger, Exception exception, string gateway);

    [LoggerMessage(LogLevel.Warning, "Gateway {Gateway} did not state its slots.")]
    private static partial void LogCountFailed(ILogger logger, Exception exception, string gateway);
}
