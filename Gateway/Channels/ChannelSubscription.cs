using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Channels;

/// <summary>
/// This gateway's members of one channel: states their number to the channel's grain, and hands them what this gateway has published
/// and what the inbox brings, each publication once and in order.
/// </summary>
/// <remarks>
/// A join is answered when the grain has heard of it. The position that the grain returns is where the membership
/// begins: the member gets everything after it and nothing before.
/// </remarks>
internal sealed partial class ChannelSubscription : ISubscription
{
    private const int Unknown = -1;

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(200);

    private readonly IChannelGrain _grain;
    private readonly GatewayIdentity _gateway;
    private readonly RecentPublications _recent;
    private readonly Action<ChannelSubscription> _retire;
    private readonly GatewayMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly ChannelCatchUp _catchUp;
    private readonly Lock _lock = new();
    private readonly ChannelMembers _members = new();
    private readonly PendingJoins<ChannelSubscription> _joins = new();
    private int _stated;
    private bool _mayHaveMissed;
    private int _restatements;
    private bool _isRetired;

    public ChannelSubscription(
        string key,
        IChannelGrain grain,
        GatewayIdentity gateway,
        RecentPublications recent,
        Action<ChannelSubscription> retire,
        GatewayMetrics metrics,
        TimeProvider time,
        ILogger logger)
    {
        (Key, _grain, _gateway, _recent, _retire, _metrics, _time, _logger) = (key, grain, gateway, recent, retire, metrics, time, logger);
        _pump = new Pump(StateMembersAsync, logger);
        _catchUp = new ChannelCatchUp(grain, time, logger);
    }

    /// <summary>Grain key of the channel.</summary>
    public string Key { get; }

    /// <summary>Number of members, as it is while one looks.</summary>
    public int MemberCount => _members.Count;

    /// <summary>Makes a connection a member; null if this object has been retired.</summary>
    /// <param name="connection">The newcomer.</param>
    /// <param name="reply">Sent to it at the moment its membership begins; null if something else comes first.</param>
    /// <param name="slot">The session's number of the membership.</param>
    /// <returns>Whether it became one.</returns>
    public Task<bool>? TryJoin(Connection connection, OutboundMessage? reply, int slot = OutboxItem.NoSlot)
    {
        var join = new PendingJoin<ChannelSubscription>(connection, slot, this, reply);
        lock (_lock)
        {
            if (_isRetired)
            {
                return null;
            }

            _joins.Add(join);
        }

        _pump.Wake();
        return join.WaitAsync();
    }

    /// <inheritdoc/>
    public void Leave(Connection connection)
    {
        lock (_lock)
        {
            _members.Remove(connection);
        }

        _pump.Wake();
    }

    /// <summary>States the members again and asks what was missed, after the grain may have forgotten this gateway.</summary>
    /// <returns>Completes when the grain has answered; it never fails.</returns>
    public Task RestateAsync()
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return Task.CompletedTask;
            }

            Doubt();
        }

        return _pump.WakeAsync();
    }

    private void Doubt()
    {
        _stated = Unknown;
        _mayHaveMissed = true;
        _restatements++;
    }

    private async Task StateMembersAsync()
    {
        while (TryBegin(out var members, out var served, out var joins, out var restatements))
        {
            try
            {
                var status = await _grain.SetMembersAsync(_gateway.Id, members, served, _gateway.NextStatement());
                if (!TryComplete(status, members, joins, restatements))
                {
                    // A silo that is taken for dead, or one whose clock is behind: the channel gives way once it hears it.
                    await _grain.ReadHistoryAsync(new ChannelPosition(LatestEpoch, 0));
                    throw new TemporarilyUnavailableException();
                }
            }
            catch (Exception exception)
            {
                LogStatementFailed(exception);
                lock (_lock)
                {
                    // The grain may or may not have heard it.
                    _stated = Unknown;
                    _isJoining = false;
                    _joins.Return(joins);
                }

                await Task.Delay(RetryDelay);
            }
        }
    }

    private bool TryBegin(
        out int members, out ChannelPosition served, out List<PendingJoin<ChannelSubscription>> joins, out int restatements)
    {
        lock (_lock)
        {
            restatements = _restatements;
            served = _members.Count == 0 ? default : _members.Served;
            joins = _joins.TakeAll();
            members = _members.Count + joins.Count;
            _isJoining = joins.Count > 0;
            if (!_isRetired && (members != _stated || joins.Count > 0))
            {
                return true;
            }

            if (_isRetired || members != 0)
            {
                return false;
            }

            _isRetired = true;
        }

        _retire(this);
        return false;
    }

    /// <summary>Takes an answer; false if it is of an epoch that is over.</summary>
    private bool TryComplete(ChannelStatus status, int members, List<PendingJoin<ChannelSubscription>> joins, int restatements)
    {
        lock (_lock)
        {
            if (status.Epoch < LatestEpoch)
            {
                return false;
            }

            var isNewEpoch = status.Epoch != _epoch;
            var areFirst = _members.Count == 0;
            (_epoch, _isJoining) = (status.Epoch, false);
            if (areFirst)
            {
                _members.StartAt(status.Position);
            }
            else if ((_mayHaveMissed || isNewEpoch) && status.Position != _members.Served)
            {
                BeginCatchUp();
            }

            if (restatements == _restatements)
            {
                // Else what was stated before is in doubt again, and the next run states it.
                (_stated, _mayHaveMissed) = (members, false);
            }

            // What others have been handed already, while the answer was on its way, doesn't come again by itself.
            var beginning = _members.Served > status.Position ? _members.Served : status.Position;
            foreach (var join in joins.Where(static join => join.TryAdmit()))
            {
                _members.Admit(join.Connection, join.Slot, beginning);
                if (join.Reply is not null)
                {
                    join.Connection.Send(join.Reply);
                }

                join.Complete();
            }

            if (areFirst && !_isCatchingUp && !TryGoOnWithHeld())
            {
                BeginCatchUp();
            }

            return true;
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A channel could not be told of its members; it is tried again")]
    private partial void LogStatementFailed(Exception exception);
}
