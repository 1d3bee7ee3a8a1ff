using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using Realtime.Gateway.Connections;
using Realtime.Quotas;

namespace Realtime.Gateway.Quotas;

/// <summary>This gateway's connection slots, by tenant, renewed as one truth.</summary>
internal sealed class SlotKeeper(
    IGrainFactory grains,
    GatewayIdentity gateway,
    ConnectionRegistry registry,
    IOptions<LimitOptions> limits,
    TimeProvider time,
    ILogger<SlotKeeper> logger)
{
    private readonly ConcurrentDictionary<string, TenantSlots> _tenants = new(StringComparer.Ordinal);

    /// <summary>Asks for a slot. A granted one must be given back by <see cref="Release"/>.</summary>
    public async Task<SlotOutcome> AcquireAsync(string tenantId, CancellationToken cancellationToken)
    {
        while (true)
        {
            var slots = _tenants.GetOrAdd(tenantId, Create);
            if (slots.TryRequest(limits.Value.UndecidedHold) is not { } request)
            {
                // It has just been retired; the next one takes its place.
                _tenants.TryRemove(KeyValuePair.Create(tenantId, slots));
                continue;
            }

            return await AwaitAsync(slots, request, cancellationToken);
        }
    }

    /// <summary>Gives a slot back. It is free for others as soon as the grain has heard it, without waiting here.</summary>
    public void Release(string tenantId)
    {
        if (_tenants.TryGetValue(tenantId, out var slots))
        {
            slots.Release();
        }
    }

    /// <summary>
    /// Gives a slot back that a gateway, maybe this one, is about to <see cref="Claim"/>: nobody else gets it meanwhile.
    /// </summary>
    public void HandOver(string tenantId)
    {
        if (_tenants.TryGetValue(tenantId, out var slots))
        {
            slots.HandOver();
        }
    }

    /// <summary>Holds a slot that has just been handed over. It must be given back by <see cref="Release"/>.</summary>
    public void Claim(string tenantId)
    {
        while (true)
        {
            var slots = _tenants.GetOrAdd(tenantId, Create);
            if (slots.TryClaim())
            {
                return;
            }

            _tenants.TryRemove(KeyValuePair.Create(tenantId, slots));
        }
    }

    /// <summary>Slots of a tenant that this gateway holds, or may have been granted by a call under way.</summary>
    public int CountHeld(string tenantId) => _tenants.TryGetValue(tenantId, out var slots) ? slots.HeldOrPending : 0;

    /// <summary>Whether some of them may count twice just now, as another gateway claims them.</summary>
    public bool IsHandingOver(string tenantId) => _tenants.TryGetValue(tenantId, out var slots) && slots.IsHandingOver;

    /// <summary>Slots of all tenants, in the same sense.</summary>
    public int CountHeld() => _tenants.Sum(static tenant => tenant.Value.HeldOrPending);

    /// <summary>Renews all leases, and forgets tenants that have none.</summary>
    public void Renew()
    {
        foreach (var (tenantId, slots) in _tenants)
        {
            if (slots.TryRetire())
            {
                _tenants.TryRemove(KeyValuePair.Create(tenantId, slots));
            }
            else
            {
                slots.Renew();
            }
        }
    }

    private TenantSlots Create(string tenantId) =>
        new(grains.GetGrain<IPlanQuotaGrain>(tenantId), gateway, remaining => Keep(tenantId, remaining), time, logger);

    /// <summary>Ends the youngest connections of a tenant; those that are ending already free their slots anyway.</summary>
    private void Keep(string tenantId, int remaining)
    {
        foreach (var connection in registry.All
            .Where(connection => connection.TenantId == tenantId && connection.EndReason is null)
            .OrderBy(static connection => connection.OpenedAt)
            .Skip(remaining)
            .ToList())
        {
            connection.End(EndReason.GoingAway);
        }
    }

    private static async Task<SlotOutcome> AwaitAsync(TenantSlots slots, Task<SlotOutcome> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.WaitAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // The client left while it was waiting; a slot that is granted now has nobody to give it back.
            _ = request.ContinueWith(
                finished =>
                {
                    if (finished.Result == SlotOutcome.Granted)
                    {
                        slots.Release();
                    }
                },
                CancellationToken.None,
                TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
            throw;
        }
    }
}
