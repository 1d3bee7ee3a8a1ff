using System.Collections.Immutable;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Sends this gateway's publications to one channel's grain, one call at a time: what gathers meanwhile goes with the
/// next. Orleans doesn't order concurrent calls, so this is also what keeps the order of each connection.
/// </summary>
internal sealed partial class ChannelPublisher
{
    private const int MaxBatch = 256;
    private const int MaxBatchBytes = 1024 * 1024;

    // Of one publication, from the client to its answer. A silo's loss is noticed and repaired in a few seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly string _key;
    private readonly ChannelRoute _route;
    private readonly PublicationNumbers _numbers;
    private readonly RecentPublications _recent;
    private readonly OwnMembers _own;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly Lock _lock = new();
    private readonly Queue<Pending> _queue = new();

    // What is being published, by the one run of the pump that there is at a time.
    private readonly List<Pending> _waiting = [];
    private readonly List<Connection> _senders = [];
    private bool _isBusy;
    private bool _wasUsed;
    private bool _isRetired;

    public ChannelPublisher(
        string key,
        ChannelRoute route,
        PublicationNumbers numbers,
        RecentPublications recent,
        OwnMembers own,
        TimeProvider time,
        ILogger logger)
    {
        (_key, _route, _numbers, _recent, _own, _time, _logger) = (key, route, numbers, recent, own, time, logger);
        _pump = new Pump(PublishAsync, logger);
    }

    /// <summary>Publishes a message; false if this object has been retired.</summary>
    /// <param name="payload">The encoded message.</param>
    /// <param name="answer">Told whether it was accepted.</param>
    /// <param name="sender">Who gets the answer, and perhaps the message, with one write.</param>
    /// <param name="gathered">Where it waits for what comes with it; null if nothing does.</param>
    public bool TryPublish(ReadOnlyMemory<byte> payload, Action<bool> answer, Connection? sender = null, GatheredPublications? gathered = null)
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return false;
            }

            _queue.Enqueue(new Pending(payload, answer, sender, _time.GetTimestamp(), GatewayTracing.Current));
            (_isBusy, _wasUsed) = (true, true);
        }

        if (gathered is not null)
        {
            gathered.Add(_pump);
        }
        else
        {
            _pump.Wake();
        }

        return true;
    }

    /// <summary>Retires it if nothing has been published since this was last asked.</summary>
    /// <returns>Whether it is retired.</returns>
    public bool TryRetire()
    {
        lock (_lock)
        {
            _isRetired |= !_isBusy && !_wasUsed;
            _wasUsed = false;
            return _isRetired;
        }
    }

    private async Task PublishAsync()
    {
        for (var isFirst = true; TryTakeBatch(); isFirst = false)
        {
            if (!isFirst && _route.IsInProcess)
            {
                // Nothing has been waited for, and others have published meanwhile: whoever began this may read on.
                await Task.Yield();
            }

            using var activity = GatewayTracing.IsOn ? GatewayTracing.StartPublication(_waiting.Select(static pending => pending.Command)) : null;
            var payloads = GetPayloads();
            var batch = new PublishBatch(_numbers.Publisher, _numbers.Take(payloads.Length), payloads, IsRepeated: false, _recent.GetEpoch(_key))
            {
                IsHandedOn = true,
            };
            if (RefuseOverdue() is var overdue && (overdue > 0 || !await TryPublishAsync(batch)))
            {
                await PublishAgainAsync(batch, overdue, isRepeated: overdue == 0);
            }
        }
    }

    /// <summary>
    /// Publishes a batch once, however often it has to be said: the grain knows publications by their numbers. What has
    /// waited for too long is refused, and isn't said again.
    /// </summary>
    private async Task PublishAgainAsync(PublishBatch batch, int overdue, bool isRepeated)
    {
        var (isAccepted, mayBeMissing) = (false, isRepeated);
        while (!isAccepted && _waiting.Count > 0)
        {
            if (isRepeated)
            {
                if (_time.GetElapsedTime(_waiting[^1].AcceptedAt) < Patience)
                {
                    await Task.Delay(RetryDelay, _time);
                }

                overdue = RefuseOverdue();
            }

            if (_waiting.Count == 0)
            {
                break;
            }

            batch = batch with
            {
                Sequence = batch.Sequence + overdue,
                Payloads = batch.Payloads[overdue..],
                IsRepeated = isRepeated,
                KnownEpoch = _recent.GetEpoch(_key),
            };
            isAccepted = await TryPublishAsync(batch);
            mayBeMissing |= !isAccepted;
            isRepeated = true;
        }

        if (mayBeMissing)
        {
            // A call without a receipt may have been heard, and those who are handed publications by receipts wouldn't know.
            _own.Doubt(_key);
        }
    }

    private async ValueTask<bool> TryPublishAsync(PublishBatch batch)
    {
        var remaining = Patience - _time.GetElapsedTime(_waiting[0].AcceptedAt);
        try
        {
            return TryAccept(batch, await _route.PublishAsync(batch, remaining));
        }
        catch (Exception exception)
        {
            LogPublishFailed(exception);
            return false;
        }
    }

    /// <summary>Hands a batch to this gateway's members and answers its senders, each of whom gets all of it with one write.</summary>
    private bool TryAccept(PublishBatch batch, PublishReceipt receipt)
    {
        foreach (ref readonly var pending in CollectionsMarshal.AsSpan(_waiting))
        {
            if (pending.Sender is { } sender)
            {
                sender.Outbox.Hold();
                _senders.Add(sender);
            }
        }

        try
        {
            if (!TryKeep(batch, receipt, out var publications))
            {
                return false;
            }

            // The answer comes before one's own message (protocol 1.4.4).
            Answer(_waiting.Count, isAccepted: true);
            if (publications is not null)
            {
                _own.Deliver(publications);
            }

            return true;
        }
        finally
        {
            _senders.ForEach(static sender => sender.Outbox.Release());
            _senders.Clear();
        }
    }

    /// <summary>Refuses those at the beginning whose time is up.</summary>
    /// <returns>Their number.</returns>
    private int RefuseOverdue()
    {
        var overdue = 0;
        while (overdue < _waiting.Count && _time.GetElapsedTime(_waiting[overdue].AcceptedAt) >= Patience)
        {
            overdue++;
        }

        Answer(overdue, isAccepted: false);
        return overdue;
    }

    /// <summary>Answers those at the beginning, who wait no more then.</summary>
    private void Answer(int count, bool isAccepted)
    {
        foreach (ref readonly var pending in CollectionsMarshal.AsSpan(_waiting)[..count])
        {
            pending.Answer(isAccepted);
        }

        _waiting.RemoveRange(0, count);
    }

    /// <summary>
    /// Until all gateways have got it, nobody else may have it: this one completes the channel's order if its silo is lost.
    /// False if that has happened already, and what the lost one accepted doesn't count.
    /// </summary>
    private bool TryKeep(PublishBatch batch, PublishReceipt receipt, out ChannelPublications? publications)
    {
        if (receipt.Skipped == batch.Payloads.Length)
        {
            publications = null;
            return !_recent.IsOver(_key, receipt.Epoch);
        }

        publications = receipt.Ordered ?? new ChannelPublications(
            _key, receipt.Previous, receipt.First, batch.Publisher, batch.Sequence + receipt.Skipped, batch.Payloads[receipt.Skipped..]);
        return _recent.TryAdd(publications);
    }

    private bool TryTakeBatch()
    {
        // Nothing is in it, unless an answer failed.
        _waiting.Clear();
        var bytes = 0;
        lock (_lock)
        {
            while (_waiting.Count < MaxBatch && bytes < MaxBatchBytes && _queue.TryDequeue(out var pending))
            {
                _waiting.Add(pending);
                bytes += pending.Payload.Length;
            }

            return _isBusy = _waiting.Count > 0;
        }
    }

    /// <summary>The payloads in one piece of memory: where they are kept for minutes, each piece makes garbage collections longer.</summary>
    private ImmutableArray<ReadOnlyMemory<byte>> GetPayloads()
    {
        if (_waiting is [var only])
        {
            return [only.Payload];
        }

        var length = 0;
        foreach (ref readonly var pending in CollectionsMarshal.AsSpan(_waiting))
        {
            length += pending.Payload.Length;
        }

        var together = new byte[length];
        var payloads = new ReadOnlyMemory<byte>[_waiting.Count];
        var rest = together.AsMemory();
        for (var i = 0; i < payloads.Length; i++)
        {
            var payload = _waiting[i].Payload;
            payload.CopyTo(rest);
            (payloads[i], rest) = (rest[..payload.Length], rest[payload.Length..]);
        }

        return ImmutableCollectionsMarshal.AsImmutableArray(payloads);
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A publication could not be sent; it is tried again")]
    private partial void LogPublishFailed(Exception exception);

    private readonly record struct Pending(ReadOnlyMemory<byte> Payload, Action<bool> Answer, Connection? Sender, long AcceptedAt, ActivityContext Command);
}
