using System.Collections.Immutable;
using System.Diagnostics;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateway.Telemetry;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Sends this gateway's publications to one channel's grain, one call at a time: what gathers meanwhile goes with the
/// next. Orleans doesn't order concurrent calls, so this is also what keeps the order of each connection.
/// </summary>
internal sealed partial class ChannelPublisher
{
    private const int MaxBatch = 64;

    private static readonly OutboundMessage Failed = MessageEncoder.Error(ErrorTexts.UnableToSend);

    private readonly IChannelGrain _grain;
    private readonly Action<ChannelPublisher> _retire;
    private readonly ILogger _logger;
    private readonly Pump _pump;
    private readonly Lock _lock = new();
    private readonly Queue<Pending> _queue = new();
    private bool _isRetired;

    public ChannelPublisher(IChannelGrain grain, Action<ChannelPublisher> retire, ILogger logger)
    {
        (_grain, _retire, _logger) = (grain, retire, logger);
        _pump = new Pump(PublishAsync, logger);
    }

    /// <summary>Publishes a message for a connection, which is answered once it is accepted; false if this object has been retired.</summary>
    public bool TryPublish(Connection sender, ReadOnlyMemory<byte> payload)
    {
        lock (_lock)
        {
            if (_isRetired)
            {
                return false;
            }

            _queue.Enqueue(new Pending(sender, payload, GatewayTracing.Current));
        }

        _pump.Wake();
        return true;
    }

    private async Task PublishAsync()
    {
        while (TakeBatch() is { Length: > 0 } batch)
        {
            var reply = MessageEncoder.Ok;
            using var activity = GatewayTracing.IsOn ? GatewayTracing.StartPublication(batch.Select(static pending => pending.Command)) : null;
            try
            {
                await _grain.PublishAsync(ImmutableArray.CreateRange(batch, static pending => pending.Payload));
            }
            catch (Exception exception)
            {
                LogPublishFailed(exception);
                reply = Failed;
            }

            foreach (var pending in batch)
            {
                pending.Sender.EndPublication(reply);
            }
        }
    }

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

    [LoggerMessage(Level = LogLevel.Warning, Message = "A publication could not be sent; its senders are told")]
    private partial void LogPublishFailed(Exception exception);

    private readonly record struct Pending(Connection Sender, ReadOnlyMemory<byte> Payload, ActivityContext Command);
}
