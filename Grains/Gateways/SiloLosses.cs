using Microsoft.Extensions.Logging;

namespace Realtime.Gateways;

/// <inheritdoc cref="ISiloLosses"/>
/// <remarks>Also tells the gateways at once; otherwise each would have to notice by itself that a silo has fallen silent.</remarks>
internal sealed partial class SiloLosses(
    IClusterMembershipService membership,
    ILocalSiloDetails self,
    IGatewayRoster roster,
    IInboxPublisher inboxes,
    TimeProvider time,
    ILogger<SiloLosses> logger) : ISiloLosses, ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private static readonly TimeSpan SettlingTime = TimeSpan.FromSeconds(30);

    private readonly CancellationTokenSource _stopping = new();
    private readonly HashSet<SiloAddress> _known = [];
    private readonly List<(long At, SiloLost Event)> _recent = [];
    private Task _loop = Task.CompletedTask;

    // A time stamp; 0 while nothing was ever lost.
    private long _last;

    /// <inheritdoc/>
    public bool IsRecent => Volatile.Read(ref _last) is var last and not 0 && time.GetElapsedTime(last) < SettlingTime;

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(SiloLosses), ServiceLifecycleStage.Active - 1, StartAsync, StopAsync);

    /// <inheritdoc/>
    public void Dispose() => _stopping.Dispose();

    private Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var (silo, member) in membership.CurrentSnapshot.Members)
        {
            if (member.Status == SiloStatus.Dead)
            {
                _known.Add(silo);
            }

            if (silo != self.SiloAddress)
            {
                Volatile.Write(ref _last, time.GetTimestamp());
            }
        }

        _loop = Task.Run(WatchAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await _stopping.CancelAsync();
        await _loop.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task WatchAsync()
    {
        try
        {
            await foreach (var snapshot in membership.MembershipUpdates.WithCancellation(_stopping.Token))
            {
                foreach (var (silo, member) in snapshot.Members)
                {
                    if (member.Status is SiloStatus.ShuttingDown or SiloStatus.Stopping)
                    {
                        // While it stops in order its grains begin anew elsewhere, and remember nothing either.
                        Volatile.Write(ref _last, time.GetTimestamp());
                    }

                    if (member.Status == SiloStatus.Dead && _known.Add(silo))
                    {
                        Tell(silo);
                    }
                }
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // The silo stops.
        }
    }

    /// <summary>
    /// Tells gateways that this silo hasn't known of lately lost silos, too: they may have stated something to one of
    /// those before this silo heard of them.
    /// </summary>
    public void TellNewcomers(IEnumerable<string> gateways)
    {
        lock (_recent)
        {
            _recent.RemoveAll(loss => time.GetElapsedTime(loss.At) > SettlingTime);
            foreach (var gateway in _recent.Count == 0 ? [] : gateways)
            {
                _recent.ForEach(loss => inboxes.Publish(gateway, loss.Event));
            }
        }
    }

    private void Tell(SiloAddress silo)
    {
        LogLost(logger, silo);
        var now = time.GetTimestamp();
        Volatile.Write(ref _last, now);
        var lost = new SiloLost(silo.ToParsableString());
        lock (_recent)
        {
            _recent.Add((now, lost));
            foreach (var gateway in roster.Live)
            {
                inboxes.Publish(gateway, lost);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "Silo {Silo} is gone; the gateways are told.")]
    private static partial void LogLost(ILogger logger, SiloAddress silo);
}
