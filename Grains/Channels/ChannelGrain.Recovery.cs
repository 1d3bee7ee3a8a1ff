using Microsoft.Extensions.Logging;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <content>Continues the order of an earlier activation.</content>
internal sealed partial class ChannelGrain
{
    private const int LittleTail = 256 * 1024;

    private const int LongTail = 4 * 1024 * 1024;

    private static readonly TimeSpan RecoveryPatience = TimeSpan.FromSeconds(6);

    // Gateways that were asked in vain for what they know of the past. That their leases end meanwhile is no answer.
    private readonly HashSet<string> _silent = new(0, StringComparer.Ordinal);
    private long? _recoveringSince;
    private bool _isRecovered;

    /// <summary>Continues the order of an activation that was lost, once, when somebody shows that there was one.</summary>
    /// <param name="shown">The latest epoch that the caller knows of; 0 if it knows none.</param>
    /// <param name="isNeeded">Whether there may have been one all the same.</param>
    private async ValueTask RecoverAsync(long shown, bool isNeeded = false)
    {
        StopIfClosed();
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

        if (await earlier.FindAsync(_key, _order.Epoch, GetEpochsBefore(_order.Epoch, shares.Values, shown), LongTail) is { Tail: { } order }
            && ChannelPast.Merge([.. shares.Values, order], _order.Epoch) is { } past)
        {
            LogTold(_key, order.Epoch, _silent.Count);
            return new Collected(shares, order, past, AreComplete: true);
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

    private static HashSet<long> GetEpochsBefore(long epoch, IEnumerable<ChannelTail> shares, long shown) =>
    [
        .. shares.SelectMany(static share => share.Recent.Select(static batch => batch.First.Epoch).Append(share.Served.Epoch).Append(share.Epoch))
            .Append(shown).Where(known => known != 0 && known < epoch),
    ];

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
