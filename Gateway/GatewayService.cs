using Orleans.Streams;
using Realtime.Gateway.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Hosting;
using Realtime.Gateway.Quotas;
using Realtime.Gateway.Restatements;
using Realtime.Gateway.Telemetry;
using Realtime.Gateways;

namespace Realtime.Gateway;

/// <summary>
/// Makes this gateway known to the cluster and keeps it so: observer, inbox subscription, registration and slot leases.
/// </summary>
internal sealed partial class GatewayService(
    IClusterClient client,
    GatewayIdentity identity,
    GatewayObserver observer,
    InboxReader inbox,
    ChannelHub channels,
    ConnectionRegistry registry,
    SlotKeeper slots,
    RecentPublications recent,
    IRestatement restatement,
    Readiness readiness,
    GatewayMetrics metrics,
    TimeProvider time,
    ILogger<GatewayService> logger) : BackgroundService
{
    // A third of the lease of 15 s.
    private static readonly TimeSpan RenewalPeriod = TimeSpan.FromSeconds(5);

    // Silos beat every second.
    private static readonly TimeSpan LongestSilence = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan JoinPause = TimeSpan.FromSeconds(1);

    private static readonly TimeSpan RetryPeriod = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan SlotLease = TimeSpan.FromSeconds(15);

    private StreamSubscriptionHandle<InboxMessage>? _subscription;
    private bool _mustState;
    private bool _mustSubscribe;
    private long _lastRenewal = time.GetTimestamp();

    /// <inheritdoc/>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        identity.Observer = client.CreateObjectReference<IGatewayObserver>(observer);
        await JoinAsync(cancellationToken);
        readiness.Joined();
        LogStarted(identity.Id);
        await base.StartAsync(cancellationToken);
    }

    /// <inheritdoc/>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        await TryAsync(() => Directory.UnregisterAsync(identity.Id).AsTask());
        await TryAsync(() => _subscription?.UnsubscribeAsync() ?? Task.CompletedTask);
    }

    /// <inheritdoc/>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await Task.Delay(_mustState ? RetryPeriod : RenewalPeriod, time, stoppingToken);
                recent.ForgetOld();
                channels.ForgetIdlePublishers();
                slots.Renew();
                await RenewAsync();
                _lastRenewal = time.GetTimestamp();
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
            catch (Exception exception)
            {
                LogRenewalFailed(exception);
                EndWhatNobodyCounts();
            }
        }
    }

    /// <summary>Waits for a cluster that is still starting, or has trouble: this process isn't ready meanwhile.</summary>
    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                await RegisterAsync();
                await SubscribeAsync();
                return;
            }
            catch (Exception exception) when (!cancellationToken.IsCancellationRequested)
            {
                LogNotJoined(exception);
            }

            await Task.Delay(JoinPause, time, cancellationToken);
        }
    }

    private async Task RenewAsync()
    {
        // Both stay until the cluster knows this gateway and its inbox again, whatever fails on the way there.
        if (inbox.ForgetSilentSilos(LongestSilence) || inbox.Silence > LongestSilence)
        {
            // A silo that lives may have forgotten the subscription alone, and would never be heard again.
            (_mustState, _mustSubscribe) = (true, true);
        }

        try
        {
            if (!await RegisterAsync())
            {
                LogForgotten();
                _mustState = true;
            }
        }
        catch
        {
            // The answer that says so may have been lost.
            _mustState = true;
            throw;
        }

        if (!_mustState)
        {
            return;
        }

        if (_mustSubscribe)
        {
            LogDeaf();
            await SubscribeAsync();
            inbox.Restart();
            _mustSubscribe = false;
        }

        metrics.RestatedAfterSilence();
        _mustState = false;
        restatement.StateEverything();
    }

    /// <summary>
    /// Who is cut off from all silos for a whole lease has lost its slots: others may hold them by now, and nothing can
    /// reach its clients (protocol 4).
    /// </summary>
    private void EndWhatNobodyCounts()
    {
        if (time.GetElapsedTime(_lastRenewal) < SlotLease || inbox.Silence < SlotLease)
        {
            return;
        }

        LogCutOff();
        foreach (var connection in registry.All)
        {
            connection.End(EndReason.GoingAway);
        }
    }

    private IGatewayDirectoryGrain Directory => client.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key);

    private ValueTask<bool> RegisterAsync() => Directory.RegisterAsync(identity.Id, identity.Observer);

    private async Task SubscribeAsync()
    {
        var stream = client.GetStreamProvider(RealtimeStreams.ProviderName)
            .GetStream<InboxMessage>(StreamId.Create(RealtimeStreams.InboxNamespace, identity.Id));
        var former = _subscription;
        _subscription = await stream.SubscribeAsync(inbox);
        await TryAsync(() => former?.UnsubscribeAsync() ?? Task.CompletedTask);
    }

    private async Task TryAsync(Func<Task> farewell)
    {
        try
        {
            await farewell();
        }
        catch (Exception exception)
        {
            // The cluster may be gone already; its lease on this gateway runs out by itself.
            LogNotUnregistered(exception);
        }
    }

    [LoggerMessage(Level = LogLevel.Information, Message = "Gateway {GatewayId} has joined the cluster")]
    private partial void LogStarted(string gatewayId);

    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway could not join the cluster yet")]
    private partial void LogNotJoined(Exception exception);

    [LoggerMessage(Level = LogLevel.Warning, Message = "A silo isn't heard any more; the inbox is subscribed again")]
    private partial void LogDeaf();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The cluster had forgotten this gateway; everything is stated again")]
    private partial void LogForgotten();

    [LoggerMessage(Level = LogLevel.Error, Message = "This gateway has been cut off from all silos for a lease; its connections end")]
    private partial void LogCutOff();

    [LoggerMessage(Level = LogLevel.Warning, Message = "The gateway's registration could not be renewed")]
    private partial void LogRenewalFailed(Exception exception);

    [LoggerMessage(Level = LogLevel.Debug, Message = "The gateway could not be unregistered")]
    private partial void LogNotUnregistered(Exception exception);
}
