using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <content>What members get, and how a gap is filled.</content>
internal sealed partial class ChannelSubscription
{
    /// <summary>
    /// How long is waited for what seems to be missing before the history is read. What this gateway published comes by receipts and the rest
    /// by the inbox, so one may overtake the other. What is lost is noticed otherwise: the inbox is numbered, and a missing receipt leads to
    /// a look at the channel.
    /// </summary>
    public static readonly TimeSpan OvertakingTime = TimeSpan.FromSeconds(2);

    private readonly HeldPublications _held = new();
    private long _epoch;
    private bool _isCatchingUp;
    private bool _isAwaitingOvertaken;

    // Whether the grain is being told of newcomers: what follows on their beginning may come before its answer.
    private bool _isJoining;

    /// <summary>The latest epoch that this gateway knows of. What an earlier one answers or publishes isn't believed.</summary>
    private long LatestEpoch => Math.Max(_epoch, _recent.GetEpoch(Key));

    /// <summary>Hands publications to the members.</summary>
    /// <param name="publications">The publications.</param>
    /// <param name="isKept">Whether <see cref="RecentPublications"/> has them already.</param>
    public void Deliver(ChannelPublications publications, bool isKept = false)
    {
        lock (_lock)
        {
            if (_members.Count == 0 ? _isJoining : _isCatchingUp)
            {
                Hold(publications, isKept);
            }
            else if (_members.Count > 0 && !TryDeliver(publications, isKept))
            {
                Hold(publications, isKept);
                if (publications.First.Epoch == _epoch)
                {
                    AwaitOvertaken();
                }
                else
                {
                    BeginCatchUp();
                }
            }
            else if (!_held.IsEmpty)
            {
                _held.Offer(TryDeliverHeld);
            }
        }
    }

    /// <summary>
    /// What this gateway's members have got of the channel, for an activation that continues it, and the latest epoch that
    /// they know of. From now on no earlier one is believed.
    /// </summary>
    public (int Members, ChannelPosition Served, long Epoch) EnterEpoch(long epoch)
    {
        (int Members, ChannelPosition Served, long Epoch) tail;
        lock (_lock)
        {
            _epoch = Math.Max(_epoch, epoch);
            if (_members.Count == 0)
            {
                return (0, default, _epoch);
            }

            // What others have got further in the old order comes with the next statement.
            Doubt();
            tail = (_members.Count, _members.Served, _epoch);
        }

        _pump.Wake();
        return tail;
    }

    /// <summary>Delivers what follows; false if something is missing before it, or it is of an epoch that isn't known.</summary>
    private bool TryDeliver(ChannelPublications publications, bool isKept = false)
    {
        if (publications.Last <= _members.Served)
        {
            return true;
        }

        if (publications.First.Epoch != _epoch || !_members.IsFollowedBy(publications))
        {
            return false;
        }

        Hand(publications, isKept);
        return true;
    }

    private void Hand(ChannelPublications publications, bool isKept = false)
    {
        _members.Deliver(publications);
        if (!isKept)
        {
            _recent.Add(publications);
        }
    }

    private void Hold(ChannelPublications publications, bool isKept)
    {
        _held.Add(publications, isKept);
        if (_held.HasDropped && _members.Count > 0)
        {
            BeginCatchUp();
        }
    }

    private void AwaitOvertaken()
    {
        if (!_isAwaitingOvertaken)
        {
            _isAwaitingOvertaken = true;
            _ = AwaitOvertakenAsync(_members.Served);
        }
    }

    /// <summary>Looks after a while whether what is missing has come, and reads the history if nothing has.</summary>
    private async Task AwaitOvertakenAsync(ChannelPosition served)
    {
        while (true)
        {
            await Task.Delay(OvertakingTime, _time);
            lock (_lock)
            {
                _isAwaitingOvertaken = !_held.IsEmpty && !_isCatchingUp && _members.Count > 0 && _members.Served != served;
                if (!_isAwaitingOvertaken)
                {
                    if (!_held.IsEmpty && _members.Count > 0)
                    {
                        BeginCatchUp();
                    }

                    return;
                }

                served = _members.Served;
            }
        }
    }

    private void BeginCatchUp()
    {
        if (!_isCatchingUp)
        {
            _isCatchingUp = true;
            _metrics.ChannelCatchUpBegun();
            _ = _catchUp.RunAsync(GetCatchUpStart, TakeHistory, EndMembers);
        }
    }

    private ChannelPosition? GetCatchUpStart()
    {
        lock (_lock)
        {
            if (_members.Count > 0)
            {
                return _members.Served;
            }

            EndCatchUp();
            return null;
        }
    }

    /// <summary>Delivers what the history holds, then what came meanwhile; false if something is missing still.</summary>
    /// <exception cref="TemporarilyUnavailableException">It is the history of an epoch that is over.</exception>
    private bool TakeHistory(ChannelPosition start, long epoch, ImmutableArray<ChannelPublications>? history)
    {
        lock (_lock)
        {
            if (_members.Count == 0)
            {
                EndCatchUp();
                return true;
            }

            if (_members.Served != start)
            {
                // The members have changed altogether, and with them where they stand.
                return false;
            }

            if (epoch < LatestEpoch)
            {
                Doubt();
                _pump.Wake();
                throw new TemporarilyUnavailableException();
            }

            if (history is null)
            {
                EndMembers();
                return true;
            }

            _epoch = epoch;
            foreach (var publications in history.Value)
            {
                Hand(publications);
            }

            var isComplete = TryGoOnWithHeld();
            _isCatchingUp = !isComplete;
            return isComplete;
        }
    }

    /// <summary>Delivers what came before it could be; false if the history has to be read for it.</summary>
    private bool TryGoOnWithHeld()
    {
        var hasDropped = _held.HasDropped;
        _held.Offer(TryDeliverHeld);
        if (hasDropped || !_held.AreAllOf(_epoch))
        {
            _held.Clear();
            return false;
        }

        if (!_held.IsEmpty)
        {
            AwaitOvertaken();
        }

        return true;
    }

    // An epoch that is over goes on only in a silo that doesn't know yet that it is taken for dead.
    private bool TryDeliverHeld(ChannelPublications publications, bool isKept) =>
        _members.Count == 0 || publications.First.Epoch < _epoch || TryDeliver(publications, isKept);

    /// <summary>Never a silent gap: the members begin anew, and who joins from now on isn't held to their position.</summary>
    private void EndMembers()
    {
        lock (_lock)
        {
            LogGap(_members.Count);
            _metrics.ChannelMembersEnded(_members.Count);
            _members.EndConnections();
            EndCatchUp();
        }

        _pump.Wake();
    }

    private void EndCatchUp()
    {
        _isCatchingUp = false;
        if (!_isJoining)
        {
            _held.Clear();
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "What a channel's members have missed can't be told; {Count} begin anew")]
    private partial void LogGap(int count);
}
