using Realtime.Quotas;

namespace Realtime.Gateway.Quotas;

/// <summary>
/// This gateway's slots of one tenant. One call to the quota grain is under way at a time and states everything, so a
/// lost answer is mended by the next, and waiting clients share calls.
/// </summary>
internal sealed partial class TenantSlots
{
    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    // By then it has been claimed, or never will be. Longer than an answer takes on its way to the one who claims it.
    private static readonly TimeSpan HandOverTime = TimeSpan.FromSeconds(2);

    private readonly IPlanQuotaGrain _grain;
    private readonly GatewayIdentity _gateway;
    private readonly Action<int> _revoked;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly Lock _lock = new();
    private readonly Queue<Request> _waiting = new();
    private int _held;

    // Of those, slots that another connection claims just now. They may count twice for a moment, and nobody may be refused for it.
    private int _leaving;
    private int _pending;
    private bool _mustState;
    private bool _isCalling;
    private bool _isRetired;

    /// <param name="grain">The tenant's quota.</param>
    /// <param name="gateway">This gateway.</param>
    /// <param name="revoked">Told how many slots may stay when some have been given to others.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">Where failures are noted.</param>
    public TenantSlots(IPlanQuotaGrain grain, GatewayIdentity gateway, Action<int> revoked, TimeProvider time, ILogger logger)
    {
        (_grain, _gateway, _revoked, _time, _logger) = (grain, gateway, revoked, time, logger);
        _pump = new Pump(SyncAsync, logger);
    }

    /// <summary>Slots that are held, or that a call under way may have been granted.</summary>
    public int HeldOrPending
    {
        get
        {
            lock (_lock)
            {
                return _held + _pending;
            }
        }
    }

    /// <summary>Whether slots that are being handed over may count twice just now.</summary>
    public bool IsHandingOver
    {
        get
        {
            lock (_lock)
            {
                return _leaving > 0;
            }
        }
    }

    /// <summary>Asks for a slot; null if this object has been retired.</summary>
    /// <param name="patience">How long an undecided answer is asked for again.</param>
    public Task<SlotOutcome>? TryRequest(TimeSpan patience)
    {
        var request = new Request(_time.GetTimestamp(), patience);
        lock (_lock)
        {
            if (_isRetired)
            {
                return null;
            }

            _waiting.Enqueue(request);
        }

        _pump.Wake();
        return request.Outcome.Task;
    }

    public void Release()
    {
        lock (_lock)
        {
            _held--;
            _mustState = true;
        }

        _pump.Wake();
    }

    /// <summary>Releases a slot when whoever takes it over has claimed it.</summary>
    public void HandOver()
    {
        lock (_lock)
        {
            _leaving++;
        }

        _ = LeaveAsync();
    }

    /// <summary>Holds one slot more, which another connection has handed over; false if this object has been retired.</summary>
    public bool TryClaim()
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return false;
            }

            _held++;
            _mustState = true;
        }

        _pump.Wake();
        return true;
    }

    /// <summary>States what is held, so that the lease runs on.</summary>
    public void Renew()
    {
        lock (_lock)
        {
            _mustState = true;
        }

        _pump.Wake();
    }

    /// <summary>Ends this object if nothing is held, waited for, or left to say.</summary>
    public bool TryRetire()
    {
        lock (_lock)
        {
            return _isRetired = _held == 0 && _waiting.Count == 0 && !_mustState && !_isCalling;
        }
    }

    private async Task LeaveAsync()
    {
        await Task.Delay(HandOverTime, _time);
        lock (_lock)
        {
            _leaving--;
        }

        Release();
    }

    private async Task SyncAsync()
    {
        while (TryBegin(out var held, out var wanted))
        {
            SlotGrant grant;
            var isHeard = true;
            try
            {
                grant = await _grain.SyncAsync(_gateway.Id, held, wanted, _gateway.NextStatement());
            }
            catch (Exception exception)
            {
                // Whatever it was, nobody may be refused for it; the next call states the truth again.
                LogSyncFailed(exception);
                grant = new SlotGrant(0, IsUndecided: true);
                isHeard = false;
            }

            if (grant.Revoked > 0)
            {
                LogRevoked(grant.Revoked);
                _revoked(held - grant.Revoked);
            }

            if (Complete(grant, wanted, isHeard))
            {
                await Task.Delay(RetryDelay, _time);
            }
        }
    }

    private bool TryBegin(out int held, out int wanted)
    {
        lock (_lock)
        {
            wanted = _waiting.Count;
            held = _held;
            _pending = wanted;
            _isCalling = _mustState || wanted > 0;
            _mustState = false;
            return _isCalling;
        }
    }

    /// <summary>Answers who can be answered.</summary>
    /// <returns>Whether it should be tried again after a pause.</returns>
    private bool Complete(SlotGrant grant, int wanted, bool isHeard)
    {
        lock (_lock)
        {
            // A release that wasn't heard must be stated again, also when nobody waits.
            _mustState |= !isHeard;
            _pending = 0;
            grant = grant with { IsUndecided = grant.IsUndecided || _leaving > 0 };
            for (var i = 0; i < wanted; i++)
            {
                var request = _waiting.Dequeue();
                if (i < grant.Granted)
                {
                    _held++;
                    request.Outcome.SetResult(SlotOutcome.Granted);
                }
                else if (!grant.IsUndecided)
                {
                    request.Outcome.SetResult(SlotOutcome.Full);
                }
                else if (_time.GetElapsedTime(request.Since) >= request.Patience)
                {
                    request.Outcome.SetResult(SlotOutcome.Undecided);
                }
                else
                {
                    _waiting.Enqueue(request);
                }
            }

            return grant.IsUndecided;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The plan quota could not be asked; nothing is granted or refused until it answers")]
    private partial void LogSyncFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "This gateway was away for too long: {Count} of its slots were given to others, and as many connections end")]
    private partial void LogRevoked(int count);

    private sealed class Request(long since, TimeSpan patience)
    {
        public long Since => since;

        public TimeSpan Patience => patience;

        public TaskCompletionSource<SlotOutcome> Outcome { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
