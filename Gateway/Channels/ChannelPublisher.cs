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
    private readonly Queue<PendingPublication> _queue = new();

    // Of the one run of the pump that there is at a time.
    private readonly PublicationsUnderWay _underWay;
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
        _underWay = new PublicationsUnderWay(Patience, time);
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

            _queue.Enqueue(new PendingPublication(payload, answer, sender, _time.GetTimestamp(), GatewayTracing.Current));
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

            using var activity = GatewayTracing.IsOn ? GatewayTracing.StartPublication(_underWay.Commands) : null;
            var payloads = _underWay.GetPayloads();
            var batch = new PublishBatch(_numbers.Publisher, _numbers.Take(payloads.Length), payloads, IsRepeated: false, _recent.GetEpoch(_key))
            {
                IsHandedOn = true,
            };
            if (_underWay.RefuseOverdue() is var overdue && (overdue > 0 || !await TryPublishAsync(batch)))
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
        while (!isAccepted && !_underWay.IsEmpty)
        {
            if (isRepeated)
            {
                if (_underWay.AnyHasTime)
                {
                    await Task.Delay(RetryDelay, _time);
                }

                overdue = _underWay.RefuseOverdue();
            }

            if (_underWay.IsEmpty)
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
        try
        {
            return TryAccept(batch, await _route.PublishAsync(batch, _underWay.TimeUntilOverdue));
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
        _underWay.HoldSenders();
        try
        {
            if (!TryKeep(batch, receipt, out var publications))
            {
                return false;
            }

            // The answer comes before one's own message (protocol 1.4.4).
            _underWay.Accept();
            if (publications is not null)
            {
                _own.Deliver(publications);
            }

            return true;
        }
        finally
        {
            _underWay.ReleaseSenders();
        }
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
        lock (_lock)
        {
            return _isBusy = _underWay.TryFill(_queue);
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A publication could not be sent; it is tried again")]
    private partial void LogPublishFailed(Exception exception);
}
