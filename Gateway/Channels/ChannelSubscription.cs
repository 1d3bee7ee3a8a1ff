using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// This gateway's members of one channel: states their number to the channel's grain, and hands them what the inbox
/// brings, each publication once and in order.
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
    private readonly string _gateway;
    private readonly Action<ChannelSubscription> _retire;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly Lock _lock = new();
    private readonly ChannelMembers _members = new();
    private readonly PendingJoins<ChannelSubscription> _joins = new();
    private int _stated;
    private bool _mayHaveMissed;
    private int _restatements;
    private bool _isRetired;
    private bool _isCatchingUp;
    private ChannelPosition _missed;

    public ChannelSubscription(
        string key, IChannelGrain grain, string gateway, Action<ChannelSubscription> retire, ILogger logger)
    {
        (Key, _grain, _gateway, _retire, _logger) = (key, grain, gateway, retire, logger);
        _pump = new Pump(StateMembersAsync, logger);
    }

    /// <summary>Grain key of the channel.</summary>
    public string Key { get; }

    /// <summary>Number of members, as it is while one looks.</summary>
    public int MemberCount => _members.Count;

    /// <summary>Makes a connection a member; null if this object has been retired.</summary>
    /// <param name="connection">The newcomer.</param>
    /// <param name="reply">Sent to it at the moment its membership begins.</param>
    /// <returns>Whether it became one.</returns>
    public Task<bool>? TryJoin(Connection connection, OutboundMessage reply)
    {
        var join = new PendingJoin<ChannelSubscription>(connection, this, reply);
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

    /// <summary>Hands publications of the inbox to the members.</summary>
    public void Deliver(ChannelPublications publications)
    {
        lock (_lock)
        {
            if (_isCatchingUp)
            {
                _missed = publications.First with { Offset = publications.First.Offset + publications.Payloads.Length - 1 };
                return;
            }

            if (_members.Count > 0 && !_members.Follows(publications.First))
            {
                BeginCatchUp();
                return;
            }

            _members.Deliver(publications.First, publications.Payloads);
        }
    }

    /// <summary>States the members again and asks what was missed, after the grain may have forgotten this gateway.</summary>
    public void Restate()
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return;
            }

            _stated = Unknown;
            _mayHaveMissed = true;
            _restatements++;
        }

        _pump.Wake();
    }

    private void CatchUpTo(ChannelPosition position)
    {
        if (!_isCatchingUp)
        {
            BeginCatchUp();
        }
        else if (position.Epoch != _missed.Epoch || position.Offset > _missed.Offset)
        {
            _missed = position;
        }
    }

    private void BeginCatchUp()
    {
        _isCatchingUp = true;
        _missed = default;
        _ = CatchUpAsync();
    }

    private async Task CatchUpAsync()
    {
        bool isBehind;
        do
        {
            ChannelPosition start;
            lock (_lock)
            {
                start = _members.Served;
            }

            ImmutableArray<ReadOnlyMemory<byte>>? history;
            try
            {
                history = await _grain.ReadHistoryAsync(start);
            }
            catch (Exception exception)
            {
                LogCatchUpFailed(exception);
                history = null;
            }

            lock (_lock)
            {
                isBehind = !TryCatchUp(start, history);
                _isCatchingUp = isBehind;
            }
        }
        while (isBehind);
    }

    /// <summary>Delivers what the history holds; false if more was missed meanwhile.</summary>
    private bool TryCatchUp(ChannelPosition start, ImmutableArray<ReadOnlyMemory<byte>>? history)
    {
        if (_members.Count == 0)
        {
            return true;
        }

        if (_members.Served != start)
        {
            // The members have changed altogether, and with them where they stand.
            return false;
        }

        if (history is null)
        {
            // Never a silent gap: the members begin anew, and who joins from now on isn't held to their position.
            _members.EndConnections();
            _pump.Wake();
            return true;
        }

        _members.Deliver(start with { Offset = start.Offset + 1 }, history.Value);
        if (_missed == default || (_missed.Epoch == _members.Served.Epoch && _missed.Offset <= _members.Served.Offset))
        {
            return true;
        }

        if (_missed.Epoch != _members.Served.Epoch)
        {
            // The grain has just answered for this epoch. Asked once more, it shows whether the other is older or newer.
            _missed = default;
        }

        return false;
    }

    private async Task StateMembersAsync()
    {
        while (TryBegin(out var members, out var joins, out var restatements))
        {
            try
            {
                var position = await _grain.SetMembersAsync(_gateway, members);
                Complete(position, members, joins, restatements);
            }
            catch (Exception exception)
            {
                LogStatementFailed(exception);
                lock (_lock)
                {
                    // The grain may or may not have heard it.
                    _stated = Unknown;
                    _joins.Return(joins);
                }

                await Task.Delay(RetryDelay);
            }
        }
    }

    private bool TryBegin(out int members, out List<PendingJoin<ChannelSubscription>> joins, out int restatements)
    {
        lock (_lock)
        {
            restatements = _restatements;
            joins = _joins.TakeAll();
            members = _members.Count + joins.Count;
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

    private void Complete(ChannelPosition position, int members, List<PendingJoin<ChannelSubscription>> joins, int restatements)
    {
        lock (_lock)
        {
            if (_members.Count == 0)
            {
                _members.StartAt(position);
            }
            else if ((_mayHaveMissed || position.Epoch != _members.Served.Epoch) && position != _members.Served)
            {
                CatchUpTo(position);
            }

            if (restatements == _restatements)
            {
                // Else what was stated before is in doubt again, and the next run states it.
                (_stated, _mayHaveMissed) = (members, false);
            }

            foreach (var join in joins.Where(static join => join.TryAdmit()))
            {
                _members.Admit(join.Connection, position);
                join.Connection.Send(join.Reply!);
            }
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A channel could not be told of its members; it is tried again")]
    private partial void LogStatementFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The history of a channel could not be read; its members begin anew")]
    private partial void LogCatchUpFailed(Exception exception);
}
