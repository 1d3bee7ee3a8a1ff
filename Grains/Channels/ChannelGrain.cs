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

    private const int LittleTail = 256 * 1024;

    private const int LongTail = 4 * 1024 * 1024;

    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(6);

    private readonly ChannelGateways _gateways = new();
    private readonly Func<string, DateTimeOffset, bool> _isLive = roster.IsLive;
    private readonly SiloAddress _silo = silo.SiloAddress;
    private readonly UnstatedMembers _unstated = new(surveys, time);
    private readonly long _activatedAt = time.GetTimestamp();

    // Gateways that were asked in vain for what they know of the past. That their leases end meanwhile is no answer.
    private readonly HashSet<string> _silent = new(0, StringComparer.Ordinal);
    private ChannelOrder _order = null!;
    private long? _leftAt;
    private long? _recoveringSince;
    private bool _isRecovered;
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
        return new ChannelHistory(_order.Epoch, _order.ReadAfter(after));
    }

    /// <summary>Whether somebody may ask for it: members, those who haven't said so yet, and those who may come back.</summary>
    private bool IsHistoryNeeded =>
        _gateways.Count > 0
        || time.GetElapsedTime(_activatedAt) < SettlingTime
        || (_leftAt is { } left && time.GetElapsedTime(left) < options.Value.HistoryAge);

    /// <summary>Continues the order of an activation that was lost, once, when somebody shows that there was one.</summary>
    /// <param name="shown">The latest epoch that the caller knows of; 0 if it knows none.</param>
    /// <param name="isNeeded">Whether there may have been one all the same.</param>
    private async ValueTask RecoverAsync(long shown, bool isNeeded = false)
    {
        if (_order.IsClosed)
        {
            // A later activation goes on with it.
            DeactivateOnIdle();
            throw new TemporarilyUnavailableException();
        }

        if (_isRecovered || _order.HasPublished)
        {
            GiveWayTo(shown);
        }

        // Those who have just come know of none though others may have one, and a silo that was lost or has stopped may have taken along
        // what leads to its activation.
        var mayBeSecond = !_order.HasPublished && _gateways.Count == 0 && losses.IsRecent;
        if (_isRecovered || (!isNeeded && !mayBeSecond && (shown == 0 || shown == _order.Epoch)))
        {
            return;
        }

        _recoveringSince ??= time.GetTimestamp();
        _order.SetIsSettling(true);
        try
        {
            await RecoverFromAsync(shown);
        }
        finally
        {
            _order.SetIsSettling(false);
        }
    }

    private async Task RecoverFromAsync(long shown)
    {
        var (shares, order, past, areComplete) = await CollectAsync(shown);
        if (Math.Max(GetLatest(shares.Values, past), shown) is var latest && latest > _order.Epoch && !_order.HasPublished)
        {
            // This silo's clock is behind. Nobody has seen this epoch, so it becomes one that all take for the latest.
            _order.BeginAnew(epochs.NextAfter(latest));
            (shares, order, past, areComplete) = await CollectAsync(shown);
        }

        GiveWayTo(Math.Max(shown, GetLatest(shares.Values, past)));
        _isRecovered = true;
        if (past is not null)
        {
            Continue(past, order is null ? shares.Values : shares.Values.Append(order));
        }

        if (past is not null || !areComplete || shares.Values.Any(static share => share.Served.Offset > 0 || share.Recent.Length > 0))
        {
            // Otherwise nobody had got anything of the channel, and there was nothing to recover.
            metrics.Recovered(past is not null);
        }

        foreach (var (gateway, share) in shares.Where(static share => share.Value.Members > 0))
        {
            _gateways.Learn(gateway, share.Members, time.GetUtcNow());
        }

        KeepWhileNeeded();
    }

    private async Task<Collected> CollectAsync(long shown)
    {
        // What was lost on its way is little, nearly always.
        var little = await CollectAsync(shown, LittleTail);
        return little.Shares.Values.Any(static share => share.IsCut) || little.Past?.Covers(little.Shares.Values) == false
            ? await CollectAsync(shown, LongTail)
            : little;
    }

    private async Task<Collected> CollectAsync(long shown, int maxBytes)
    {
        var answers = await tails.CollectAsync(_key, _order.Epoch, maxBytes);
        var shares = answers.Where(static answer => answer.Value is not null)
            .ToDictionary(static answer => answer.Key, static answer => answer.Value!, StringComparer.Ordinal);
        _silent.UnionWith(answers.Keys);
        _silent.ExceptWith(shares.Keys);
        if (_silent.Count == 0)
        {
            return new Collected(shares, null, ChannelPast.Merge(shares.Values, _order.Epoch), AreComplete: true);
        }

        if (await earlier.FindAsync(_key, _order.Epoch, GetLatestBefore(_order.Epoch, shares.Values, shown), LongTail) is { Tail: { } order })
        {
            LogTold(_key, order.Epoch, _silent.Count);
            return new Collected(shares, order, ChannelPast.Merge([.. shares.Values, order], _order.Epoch), AreComplete: true);
        }

        // A gateway may be the only one that knows of something accepted. Whoever called tries again; in the
        // end there is no past, and members begin anew.
        LogIncomplete(_key, _silent.Count);
        return time.GetElapsedTime(_recoveringSince!.Value) > RecoveryPatience
            ? new Collected(shares, null, null, AreComplete: false)
            : throw new TemporarilyUnavailableException();
    }

    private static long GetLatest(IEnumerable<ChannelTail> shares, ChannelPast? past) =>
        shares.Select(static share => share.Epoch).Append(past?.End.Epoch ?? 0).Max();

    private static long GetLatestBefore(long epoch, IEnumerable<ChannelTail> shares, long shown) =>
        shares.SelectMany(static share => share.Recent.Select(static batch => batch.First.Epoch).Append(share.Served.Epoch).Append(share.Epoch))
            .Append(shown).Where(known => known < epoch).DefaultIfEmpty().Max();

    private void Continue(ChannelPast past, IEnumerable<ChannelTail> shares)
    {
        _order.Continue(past, shares.Where(static share => !share.Numbers.IsDefault).SelectMany(static share => share.Numbers));
        LogContinued(_key, past.End.Epoch, past.End.Offset, past.Publications.Count);
    }

    /// <summary>
    /// Stops for a later epoch that others know of and that this one can't be numbered beyond any more. The next activation
    /// goes beyond both, and asks the gateways what each of them has got.
    /// </summary>
    /// <exception cref="TemporarilyUnavailableException">There is a later one.</exception>
    private void GiveWayTo(long epoch)
    {
        if (epoch > _order.Epoch)
        {
            LogOvertaken(_key, _order.Epoch, epoch);
            epochs.NextAfter(epoch);
            orders.End(_order);
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

    [LoggerMessage(LogLevel.Information, "Channel {Channel} continues epoch {Epoch} after offset {Offset}; the gateways remembered {Count} publications")]
    private partial void LogContinued(string channel, long epoch, long offset, int count);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel} stops in epoch {Epoch}, as there is a later one, {Later}")]
    private partial void LogOvertaken(string channel, long epoch, long later);

    [LoggerMessage(LogLevel.Warning, "Channel {Channel}: {Count} gateways have not told what they know of its past")]
    private partial void LogIncomplete(string channel, int count);

    [LoggerMessage(LogLevel.Information, "Channel {Channel}: the activation with epoch {Epoch} has told its order, and {Count} gateways needn't be waited for")]
    private partial void LogTold(string channel, long epoch, int count);

    /// <summary>What the gateways have told of a channel, and an earlier activation if need was, and the past that it makes.</summary>
    private sealed record Collected(Dictionary<string, ChannelTail> Shares, ChannelTail? Order, ChannelPast? Past, bool AreComplete);
}
