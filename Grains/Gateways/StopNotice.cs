namespace Realtime.Gateways;

/// <summary>
/// Has gateways turn to other silos before this one stops. Orleans tells them only when the silo can't reach its own
/// clients any more, so that calls by way of it would be lost.
/// </summary>
internal sealed class StopNotice(
    ILocalSiloDetails self, IGatewayRoster roster, IInboxPublisher inboxes, TimeProvider time) : ILifecycleParticipant<ISiloLifecycle>
{
    // A silo stops from high stages to low ones: this comes first, while everything works.
    private const int Stage = ServiceLifecycleStage.Active + 2;

    // Gateways take it in within half a second; then what is under way ends.
    private static readonly TimeSpan Notice = TimeSpan.FromSeconds(1.5);

    /// <inheritdoc/>
    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(nameof(StopNotice), Stage, static _ => Task.CompletedTask, GiveAsync);

    private async Task GiveAsync(CancellationToken cancellationToken)
    {
        if (self.GatewayAddress is not { } address || roster.Live.IsEmpty)
        {
            return;
        }

        var stopping = new SiloStopping(address.Endpoint.ToString());
        foreach (var gateway in roster.Live)
        {
            inboxes.Publish(gateway, stopping);
        }

        await Task.Delay(Notice, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
