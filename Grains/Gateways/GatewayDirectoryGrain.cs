using System.Collections.Immutable;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;

namespace Realtime.Gateways;

/// <inheritdoc cref="IGatewayDirectoryGrain"/>
/// <remarks>
/// Reentrant, because a broadcast waits up to a second for a frozen gateway and must not delay the leases of the
/// others. Between awaits the leases are consistent, and <see cref="CommittedState{T}"/> orders the writes.
/// </remarks>
[Reentrant]
internal sealed partial class GatewayDirectoryGrain : Grain, IGatewayDirectoryGrain
{
    /// <summary>
    /// How long a registration lives without renewal. Silos hear of its end within a second, and 15 s after its loss
    /// nothing of a gateway is counted any more (protocol 1.4.6).
    /// </summary>
    public static readonly TimeSpan Lease = TimeSpan.FromSeconds(14);

    // A lost silo is noticed far sooner, and every way leads elsewhere then.
    private static readonly TimeSpan LapsedFor = TimeSpan.FromMinutes(1);

    private static readonly TimeSpan BroadcastBound = TimeSpan.FromSeconds(1);

    // With when each lease was last renewed, by a clock that nobody sets. Those whose lease has run out lately are among them.
    private readonly Dictionary<string, (StoredGateway Entry, long RenewedAt)> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _missedSomething = [];
    private readonly CommittedState<GatewayDirectoryState> _state;
    private readonly TimeProvider _time;
    private readonly ILogger<GatewayDirectoryGrain> _logger;

    public GatewayDirectoryGrain(
        [PersistentState("state")] IPersistentState<GatewayDirectoryState> state,
        TimeProvider time,
        ILogger<GatewayDirectoryGrain> logger)
    {
        _state = new CommittedState<GatewayDirectoryState>(state, this);
        _time = time;
        _logger = logger;
    }

    /// <inheritdoc/>
    public override async Task OnActivateAsync(CancellationToken cancellationToken)
    {
        foreach (var stored in _state.Value.Gateways)
        {
            Renew(stored);
        }

        // So that no earlier activation can write any more: one that was frozen takes all leases for expired when it goes on.
        await _state.UpdateAsync(static state => state);
    }

    /// <inheritdoc/>
    public async ValueTask<bool> RegisterAsync(string gateway, IGatewayObserver observer)
    {
        ArgumentException.ThrowIfNullOrEmpty(gateway);
        ArgumentNullException.ThrowIfNull(observer);
        var wasLive = HoldsLease(gateway) && !_missedSomething.Remove(gateway);
        var entry = new StoredGateway(gateway, observer.GetGrainId().ToString());
        Renew(entry);
        var isKnown = _state.Value.Gateways.Contains(entry);
        var expired = _state.Value.Gateways.Where(other => !IsLive(other)).ToArray();
        if (isKnown && expired.Length == 0 && !_state.IsChanging)
        {
            // A renewal costs no write, except beside one that may be about to forget this gateway, as it was late.
            return wasLive;
        }

        await _state.UpdateAsync(state => state with
        {
            // Asked again at the time of the write: one of them may have come back while another write was under way.
            Gateways = [.. state.Gateways.Where(other => IsLive(other) && other.Gateway != gateway), entry],
        });
        if (!isKnown)
        {
            LogRegistered(_logger, gateway);
        }

        foreach (var other in expired.Where(other => !IsLive(other)))
        {
            LogExpired(_logger, other.Gateway);
        }

        ForgetLapsed();
        return isKnown && wasLive;
    }

    /// <inheritdoc/>
    public async ValueTask ClearAsync()
    {
        _known.Clear();
        if (!_state.Value.Gateways.IsEmpty)
        {
            await _state.UpdateAsync(static state => state with { Gateways = [] });
        }
    }

    /// <inheritdoc/>
    public async ValueTask UnregisterAsync(string gateway)
    {
        _known.Remove(gateway);
        if (_state.Value.Gateways.Any(stored => stored.Gateway == gateway))
        {
            await _state.UpdateAsync(state => state with
            {
                Gateways = state.Gateways.RemoveAll(stored => stored.Gateway == gateway),
            });
            LogUnregistered(_logger, gateway);
        }
    }

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<GatewayRegistration>> GetLiveAsync() => new(GetLive());

    /// <inheritdoc/>
    public ValueTask<ImmutableArray<KnownGateway>> GetKnownAsync()
    {
        ForgetLapsed();
        var live = GetLive();
        return new(
        [
            .. live.Select(static registration => new KnownGateway(registration, IsLive: true)),
            .. _known.Values.Where(known => !live.Any(registration => registration.Gateway == known.Entry.Gateway))
                .Select(known => new KnownGateway(ToRegistration(known.Entry), IsLive: false)),
        ]);
    }

    /// <inheritdoc/>
    public ValueTask BroadcastIdentityChangedAsync(string database, string userId) =>
        BroadcastAsync(observer => observer.IdentityChangedAsync(database, userId));

    /// <inheritdoc/>
    public ValueTask BroadcastDatabaseRemovedAsync(string database) =>
        BroadcastAsync(observer => observer.DatabaseRemovedAsync(database));

    private ImmutableArray<GatewayRegistration> GetLive() => [.. _state.Value.Gateways.Where(IsLive).Select(ToRegistration)];

    private GatewayRegistration ToRegistration(StoredGateway stored) =>
        new(stored.Gateway, GrainFactory.GetGrain<IGatewayObserver>(GrainId.Parse(stored.Observer)));

    private void Renew(StoredGateway stored) => _known[stored.Gateway] = (stored, _time.GetTimestamp());

    private void ForgetLapsed()
    {
        foreach (var (gateway, (_, renewedAt)) in _known)
        {
            if (_time.GetElapsedTime(renewedAt) > Lease + LapsedFor)
            {
                // Removing during enumeration is allowed and doesn't disturb it.
                _known.Remove(gateway);
            }
        }
    }

    private bool IsLive(StoredGateway stored) => HoldsLease(stored.Gateway);

    private bool HoldsLease(string gateway) =>
        _known.TryGetValue(gateway, out var known) && _time.GetElapsedTime(known.RenewedAt) < Lease;

    private async ValueTask BroadcastAsync(Func<IGatewayObserver, Task> tell) =>
        await Task.WhenAll(GetLive().Select(registration => TellAsync(registration, tell)));

    private async Task TellAsync(GatewayRegistration registration, Func<IGatewayObserver, Task> tell)
    {
        try
        {
            var answer = tell(registration.Observer);
            answer.Ignore();
            await answer.WaitAsync(BroadcastBound, _time);
        }
        catch (Exception exception)
        {
            // It hears at its next renewal that it missed something, and looks at everything again.
            _missedSomething.Add(registration.Gateway);
            LogBroadcastFailed(_logger, exception, registration.Gateway);
        }
    }

    [LoggerMessage(LogLevel.Information, "Gateway {Gateway} registered.")]
    private static partial void LogRegistered(ILogger logger, string gateway);

    [LoggerMessage(LogLevel.Information, "Gateway {Gateway} unregistered.")]
    private static partial void LogUnregistered(ILogger logger, string gateway);

    [LoggerMessage(LogLevel.Warning, "The lease of gateway {Gateway} has expired.")]
    private static partial void LogExpired(ILogger logger, string gateway);

    [LoggerMessage(LogLevel.Warning, "Gateway {Gateway} did not answer a broadcast.")]
    private static partial void LogBroadcastFailed(ILogger logger, Exception exception, string gateway);
}
