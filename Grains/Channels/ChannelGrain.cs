using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using Realtime.Gateways;
using Realtime.Telemetry;

namespace Realtime.Channels;

/// <summary>Orders, records and publishes one channel. All state is in memory; a new activation is a new epoch.</summary>
/// <remarks>Anybody can make one by naming it, so an idle one doesn't stay long.</remarks>
[CollectionAgeLimit(Minutes = 2)]
internal sealed partial class ChannelGrain(
    IInboxPublisher inboxes,
    IGatewayRoster roster,
    IChannelTails tails,
    EarlierOrders earlier,
    MemberSurveys surveys,
    ISiloLosses losses,
    ChannelEpochs epochs,
    ChannelOrders orders,
    ILocalSiloDetails silo,
    IOptions<ChannelOptions> options,
    GrainMetrics metrics,
    TimeProvider time,
    ILogger<ChannelGrain> logger) : Grain, IChannelGrain
{
    private static readonly TimeSpan RosterCheckPeriod = TimeSpan.FromMinutes(1);

    // Long enough for every gateway to notice that an earlier activation is lost, and to state its members.
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(30);

    private readonly ChannelGateways _gateways = new();
    private readonly Func<string, DateTimeOffset, bool> _isLive = roster.IsLive;
    private readonly SiloAddress _silo = silo.SiloAddress;
    private readonly UnstatedMembers _unstated = new(surveys, time);
    private readonly long _activatedAt = time.GetTimestamp();

    private ChannelOrder _order = null!;
    private long? _leftAt;
    private IGrainTimer? _rosterCheck;
    private string _key = "";

    public override Task OnActivateAsync(CancellationToken cancellationToken)
    {
        _key = this.GetPrimaryKeyString();
        _order = orders.Begin(_key);
        return Task.CompletedTask;
    }

    public override Task OnDeactivateAsync(DeactivationReason reason, CancellationToken cancellationToken)
    {
        orders.End(_order);
        foreach (var gateway in _gateways.WithMembers)
        {
            inboxes.Publish(gateway.Id, new ChannelStopped(_key));
        }

        return Task.CompletedTask;
    }

    public async ValueTask<ChannelStatus> SetMembersAsync(string gateway, int members, ChannelPosition served, long statement)
    {
        await RecoverAsync(served.Epoch);
        if (!_gateways.IsOvertaken(gateway, statement))
        {
            _gateways.State(gateway, members, statement, time.GetUtcNow());
            KeepWhileNeeded();
        }

        StopIfClosed();
        return _order.Status;
    }

    public async ValueTask<PublishReceipt> PublishAsync(PublishBatch batch)
    {
        await RecoverAsync(batch.KnownEpoch, isNeeded: batch.IsRepeated);
        ForgetLostGateways();
        var receipt = _order.Append(batch, IsHistoryNeeded);
        KeepHistory();
        return _order.IsOpen ? receipt with { Silo = _silo } : receipt;
    }

    public async ValueTask<int> CountMembersAsync()
    {
        var unstated = _isRecovered ? 0 : await _unstated.CountAsync(_key, _gateways);
        ForgetLostGateways();
        return _gateways.Members + unstated;
    }

    public async ValueTask<ChannelHistory> ReadHistoryAsync(ChannelPosition after)
    {
        await RecoverAsync(after.Epoch);
        StopIfClosed();
        return new ChannelHistory(_order.Epoch, _order.ReadAfter(after));
    }

    /// <summary>Whether somebody may ask for it: members, those who haven't said so yet, and those who may come back.</summary>
    private bool IsHistoryNeeded =>
        _gateways.Count > 0
        || time.GetElapsedTime(_activatedAt) < SettlingTime
        || (_leftAt is { } left && time.GetElapsedTime(left) < options.Value.HistoryAge);

    /// <summary>Stops if a later activation goes on with the order.</summary>
    /// <exception cref="TemporarilyUnavailableException">It does.</exception>
    private void StopIfClosed()
    {
        if (_order.IsClosed)
        {
            DeactivateOnIdle();
            throw new TemporarilyUnavailableException();
        }
    }

    private void ForgetLostGateways()
    {
        var before = _gateways.Count;
        _gateways.Forget(_isLive);
        if (_gateways.Count != before)
        {
            KeepWhileNeeded();
        }
    }

    /// <summary>Members would miss what is published while nobody remembers their gateway.</summary>
    private void KeepWhileNeeded()
    {
        _order.SetGateways(_gateways.WithMembers);
        if (_gateways.Count == 0)
        {
            _leftAt = time.GetTimestamp();
            _rosterCheck?.Dispose();
            _rosterCheck = null;
            DelayDeactivation(TimeSpan.Zero);
            KeepHistory();
        }
        else if (_rosterCheck is null)
        {
            DelayDeactivation(Timeout.InfiniteTimeSpan);
            _rosterCheck = this.RegisterGrainTimer(
                _ =>
                {
                    _order.Trim();
                    ForgetLostGateways();
                    if (_order.IsClosed)
                    {
                        DeactivateOnIdle();
                    }

                    return Task.CompletedTask;
                },
                new GrainTimerCreationOptions(RosterCheckPeriod, RosterCheckPeriod));
        }
    }

    /// <summary>Who comes back within the history's time asks for it here; another activation would have to ask all gateways.</summary>
    private void KeepHistory()
    {
        if (_gateways.Count == 0 && _leftAt is { } left && !_order.IsHistoryEmpty)
        {
            var due = options.Value.HistoryAge - time.GetElapsedTime(left);
            DelayDeactivation(due > TimeSpan.Zero ? due : TimeSpan.Zero);
        }
    }
}
