using System.Collections.Immutable;
using System.Diagnostics;
using Realtime.Channels;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Sends this gateway's publications to one channel's grain, one call at a time: what gathers meanwhile goes with the
/// next. Orleans doesn't order concurrent calls, so this is also what keeps the order of each connection.
/// </summary>
internal sealed partial class ChannelPublisher
{
    private const int MaxBatch = 64;

    // Of one publication, from the client to its answer. A silo's loss is noticed and repaired in a few seconds.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(100);

    private readonly string _key;
    private readonly IChannelGrain _grain;
    private readonly PublicationNumbers _numbers;
    private readonly RecentPublications _recent;
    private readonly Action<ChannelPublisher> _retire;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly Lock _lock = new();
    private readonly Queue<Pending> _queue = new();
    private bool _isRetired;

    public ChannelPublisher(
        string key,
        IChannelGrain grain,
        PublicationNumbers numbers,
        RecentPublications recent,
        Action<ChannelPublisher> retire,
        TimeProvider time,
        ILogger logger)
    {
        (_key, _grain, _numbers, _recent, _retire, _time, _logger) = (key, grain, numbers, recent, retire, time, logger);
        _pump = new Pump(PublishAsync, logger);
    }

    /// <summary>Publishes a message; false if this object has been retired.</summary>
    /// <param name="payload">The encoded message.</param>
    /// <param name="answer">Told whether it was accepted.</param>
    public bool TryPublish(ReadOnlyMemory<byte> payload, Action<bool> answer)
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return false;
            }

            _queue.Enqueue(new Pending(payload, answer, _time.GetTimestamp(), GatewayTracing.Current));
        }

        _pump.Wake();
        return true;
    }

    private async Task PublishAsync()
    {
        while (TakeBatch() is { Length: > 0 } batch)
        {
            using var activity = GatewayTracing.IsOn ? GatewayTracing.StartPublication(batch.Select(static pending => pending.Command)) : null;
            await PublishAsync(batch);
        }
    }

    /// <summary>
    /// Publishes a batch once, however often it has to be said: the grain knows publications by their numbers. What has
    /// waited for too long is refused, and isn't said again.
    /// </summary>
    private async Task PublishAsync(ImmutableArray<Pending> waiting)
    {
        var payloads = ImmutableArray.CreateRange(waiting, static pending => pending.Payload);
        var batch = new PublishBatch(_numbers.Publisher, _numbers.Take(payloads.Length), payloads, IsRepeated: false, _recent.GetEpoch(_key));
        while (RefuseOverdue(waiting) is var overdue && overdue < waiting.Length)
        {
            waiting = waiting[overdue..];
            batch = batch with { Sequence = batch.Sequence + overdue, Payloads = batch.Payloads[overdue..] };
            var remaining = Patience - _time.GetElapsedTime(waiting[0].AcceptedAt);
            try
            {
                // One that is heard after all is known to be old by its numbers.
                var receipt = await _grain.PublishAsync(batch).AsTask().WaitAsync(remaining > TimeSpan.Zero ? remaining : TimeSpan.Zero, _time);
                if (TryKeep(batch, receipt))
                {
                    Answer(waiting.AsSpan(), isAccepted: true);
                    return;
                }
            }
            catch (Exception exception)
            {
                LogPublishFailed(exception);
            }

            batch = batch with { IsRepeated = true, KnownEpoch = _recent.GetEpoch(_key) };
            if (_time.GetElapsedTime(waiting[^1].AcceptedAt) < Patience)
            {
                await Task.Delay(RetryDelay, _time);
            }
        }
    }

    /// <summary>Refuses those at the beginning whose time is up.</summary>
    /// <returns>Their number.</returns>
    private int RefuseOverdue(ImmutableArray<Pending> waiting)
    {
        var overdue = 0;
        while (overdue < waiting.Length && _time.GetElapsedTime(waiting[overdue].AcceptedAt) >= Patience)
        {
            overdue++;
        }

        Answer(waiting.AsSpan()[..overdue], isAccepted: false);
        return overdue;
    }

    private static void Answer(ReadOnlySpan<Pending> batch, bool isAccepted)
    {
        foreach (ref readonly var pending in batch)
        {
            pending.Answer(isAccepted);
        }
    }

    /// <summary>
    /// Until all gateways have got it, nobody else may have it: this one completes the channel's order if its silo is lost.
    /// False if that has happened already, and what the lost one accepted doesn't count.
    /// </summary>
    private bool TryKeep(PublishBatch batch, PublishReceipt receipt) => receipt.Skipped == batch.Payloads.Length
        ? !_recent.IsOver(_key, receipt.Epoch)
        : _recent.TryAdd(new ChannelPublications(
            _key, receipt.Previous, receipt.First, batch.Publisher, batch.Sequence + receipt.Skipped, batch.Payloads[receipt.Skipped..]));

    private ImmutableArray<Pending> TakeBatch()
    {
        lock (_lock)
        {
            if (_queue.Count > 0)
            {
                var batch = ImmutableArray.CreateBuilder<Pending>(Math.Min(_queue.Count, MaxBatch));
                while (batch.Count < MaxBatch && _queue.TryDequeue(out var pending))
                {
                    batch.Add(pending);
                }

                return batch.ToImmutable();
            }

            _isRetired = true;
        }

        _retire(this);
        return [];
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "A publication could not be sent; it is tried again")]
    private partial void LogPublishFailed(Exception exception);

    private readonly record struct Pending(ReadOnlyMemory<byte> Payload, Action<bool> Answer, long AcceptedAt, ActivityContext Command);
}
