using Orleans.Streams;
using Realtime.Gateway.Restatements;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Reads this gateway's inbox. Each silo numbers what it sends, so a gap shows that a bounded queue had to drop
/// something: then everybody who may have missed something is helped, never left with a silent gap.
/// </summary>
internal sealed partial class InboxReader(
    ChannelHub channels,
    RepositoryHub repositories,
    IRestatement restatement,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<InboxReader> logger) : IAsyncObserver<InboxMessage>
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Heard> _silos = new(StringComparer.Ordinal);
    private readonly HashSet<string> _lostSilos = new(StringComparer.Ordinal);
    private long _lastReceived = time.GetTimestamp();

    /// <summary>Time since anything was received; silos beat every second.</summary>
    public TimeSpan Silence => time.GetElapsedTime(Interlocked.Read(ref _lastReceived));

    /// <inheritdoc/>
    public Task OnNextAsync(InboxMessage item, StreamSequenceToken? token = null)
    {
        Interlocked.Exchange(ref _lastReceived, time.GetTimestamp());
        lock (_lock)
        {
            Receive(item);
        }

        return Task.CompletedTask;
    }

    private void Receive(InboxMessage item)
    {
        var expected = _silos.GetValueOrDefault(item.Silo).Sequence + 1;
        if (item.Sequence < expected)
        {
            // Delivered again after a lost acknowledgement.
            return;
        }

        _silos[item.Silo] = new Heard(item.Sequence, time.GetTimestamp());
        if (item.Sequence > expected && !IsLost(item.Silo))
        {
            LogGap(item.Silo, item.Sequence - expected);
            metrics.Lost(item.Sequence - expected);
            metrics.RestatedAfterGap();
            restatement.StateMembers();
        }

        if (item.SentAt != default)
        {
            metrics.Arrived(time.GetUtcNow() - item.SentAt);
        }

        using var activity = GatewayTracing.StartDelivery(item);
        switch (item.Event)
        {
            case ChannelPublications publications:
                channels.Deliver(publications);
                break;
            case DocumentChanges changes:
                repositories.Deliver(changes);
                break;
            case ChannelStopped stopped:
                channels.Restate(stopped);
                break;
            case Gateways.SiloLost lost when _lostSilos.Add(lost.Silo):
                // At once, whatever else can't be reached for a moment: a channel's order is continued by the first who asks.
                LogLost(lost.Silo);
                metrics.RestatedAfterSilence();
                restatement.StateEverything();
                break;
        }
    }

    /// <inheritdoc/>
    public Task OnErrorAsync(Exception ex)
    {
        LogError(ex);
        return Task.CompletedTask;
    }

    /// <summary>
    /// Forgets silos that have been silent for too long: they are gone, and the grains that they held know nothing of this
    /// gateway's members any more.
    /// </summary>
    /// <returns>Whether there was one of which nobody has said that it is lost.</returns>
    public bool ForgetSilentSilos(TimeSpan longest)
    {
        lock (_lock)
        {
            var wasUnknown = false;
            foreach (var (silo, heard) in _silos)
            {
                if (time.GetElapsedTime(heard.LastReceived) > longest)
                {
                    // Removing during enumeration is allowed and doesn't disturb it.
                    _silos.Remove(silo);
                    if (!IsLost(silo))
                    {
                        LogSilent(silo);
                        wasUnknown = true;
                    }
                }
            }

            return wasUnknown;
        }
    }

    /// <summary>Starts to count the silence anew, after subscribing again.</summary>
    public void Restart() => Interlocked.Exchange(ref _lastReceived, time.GetTimestamp());

    /// <summary>Whether everything has been stated since a silo was lost: what it goes on to send, or doesn't, says nothing.</summary>
    /// <param name="silo">Its numbering: its address, a slash and more.</param>
    private bool IsLost(string silo) => _lostSilos.Count > 0 && _lostSilos.Contains(silo[..Math.Max(0, silo.LastIndexOf('/'))]);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} is lost; members resynchronise")]
    private partial void LogLost(string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "Silo {Silo} has fallen silent; members resynchronise")]
    private partial void LogSilent(string silo);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The inbox lost {Count} messages of silo {Silo}; members resynchronise")]
    private partial void LogGap(string silo, long count);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The inbox reported an error")]
    private partial void LogError(Exception exception);

    /// <summary>The last that was heard of a silo.</summary>
    private readonly record struct Heard(long Sequence, long LastReceived);
}
