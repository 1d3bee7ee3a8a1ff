using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Extensions.Logging;
using Orleans.Streams;
using Realtime.Telemetry;

namespace Realtime.Gateways;

/// <inheritdoc cref="IInboxPublisher"/>
internal sealed partial class InboxPublisher(
    IClusterClient client,
    ILocalSiloDetails silo,
    GrainMetrics metrics,
    TimeProvider time,
    ILogger<InboxPublisher> logger) : IInboxPublisher
{
    /// <summary>
    /// How long the number of an inbox is kept after its last event. A live gateway gets a beat every second; one that
    /// lost its lease and comes back under the same id must not see a number twice, hence far longer than a lease.
    /// </summary>
    public static readonly TimeSpan Retention = TimeSpan.FromMinutes(10);

    private readonly ConcurrentDictionary<string, Inbox> _inboxes = new(StringComparer.Ordinal);
    private int _runs;

    // The generation in it makes the address unique per process start.
    private readonly string _silo = silo.SiloAddress.ToParsableString();

    /// <inheritdoc/>
    public void Publish(string gateway, InboxEvent inboxEvent)
    {
        while (!TryPublish(_inboxes.GetOrAdd(gateway, _ => new Inbox($"{_silo}/{Interlocked.Increment(ref _runs)}")), gateway, inboxEvent))
        {
            // That inbox has just been forgotten; the next one isn't.
        }
    }

    /// <summary>Drops the numbers of inboxes that nothing was sent to for <see cref="Retention"/>.</summary>
    public void ForgetIdle()
    {
        foreach (var (gateway, inbox) in _inboxes)
        {
            lock (inbox)
            {
                if (time.GetElapsedTime(inbox.LastUsed) > Retention)
                {
                    inbox.IsForgotten = true;
                    _inboxes.TryRemove(gateway, out _);
                }
            }
        }
    }

    private bool TryPublish(Inbox inbox, string gateway, InboxEvent inboxEvent)
    {
        // Number and enqueue are one step, or the queue could hold 2 before 1. The provider enqueues synchronously.
        lock (inbox)
        {
            if (inbox.IsForgotten)
            {
                return false;
            }

            inbox.LastUsed = time.GetTimestamp();
            var message = new InboxMessage(inbox.Run, ++inbox.Sequence, inboxEvent)
            {
                SentAt = time.GetUtcNow(),
                TraceParent = Activity.Current is { Recorded: true } activity ? activity.Id : null,
            };
            try
            {
                inbox.Stream ??= client.GetStreamProvider(RealtimeStreams.ProviderName)
                    .GetStream<InboxMessage>(StreamId.Create(RealtimeStreams.InboxNamespace, gateway));
                Observe(inbox.Stream.OnNextAsync(message), inbox, gateway);
            }
            catch (Exception exception)
            {
                OnFailed(exception, inbox, gateway);
            }
        }

        return true;
    }

    private void Observe(Task sent, Inbox inbox, string gateway)
    {
        if (sent.IsCompletedSuccessfully)
        {
            inbox.IsFailing = false;
            return;
        }

        // On the default scheduler: the caller's turn doesn't wait, and its grain may be gone by then.
        _ = sent.ContinueWith(
            task =>
            {
                if (task.IsCompletedSuccessfully)
                {
                    inbox.IsFailing = false;
                }
                else
                {
                    OnFailed(task.Exception?.GetBaseException(), inbox, gateway);
                }
            },
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    private void OnFailed(Exception? exception, Inbox inbox, string gateway)
    {
        metrics.InboxFailed();

        // A full queue refuses thousands of events a second: one line per outage says as much.
        if (!inbox.IsFailing)
        {
            inbox.IsFailing = true;
            LogFailed(logger, exception, gateway);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Events for gateway {Gateway} can't be sent; it will notice and resynchronise.")]
    private static partial void LogFailed(ILogger logger, Exception? exception, string gateway);

    private sealed class Inbox(string run)
    {
        /// <summary>Names this numbering: one that begins again is another one's.</summary>
        public string Run => run;

        public volatile bool IsFailing;

        public IAsyncStream<InboxMessage>? Stream { get; set; }

        public long Sequence { get; set; }

        public long LastUsed { get; set; }

        public bool IsForgotten { get; set; }
    }
}
