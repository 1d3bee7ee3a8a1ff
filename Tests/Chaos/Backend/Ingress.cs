namespace Realtime.Tests.Chaos.Backend;

/// <summary>Sends clients to gateways that are ready, as a load balancer does: it asks them, and knows the answer of a moment ago.</summary>
internal sealed class Ingress : IAsyncDisposable
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly GatewayEndpoint[] _gateways;
    private readonly CancellationTokenSource _stopped = new();
    private readonly Task _probing;

    public Ingress(GatewayEndpoint[] gateways)
    {
        _gateways = gateways;
        _probing = Task.WhenAll(gateways.Select(ProbeAsync));
    }

    /// <summary>A ready gateway, the preferred one if it is; any if none is.</summary>
    /// <param name="preferred">Number of the preferred gateway.</param>
    public GatewayEndpoint Pick(int preferred)
    {
        var first = _gateways[preferred % _gateways.Length];
        return first.IsReady ? first : _gateways.FirstOrDefault(static gateway => gateway.IsReady) ?? first;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopped.CancelAsync();
        await _probing;
        _stopped.Dispose();
    }

    private async Task ProbeAsync(GatewayEndpoint gateway)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do
            {
                gateway.IsReady = await gateway.ProbeAsync();
            }
            while (await timer.WaitForNextTickAsync(_stopped.Token));
        }
        catch (OperationCanceledException)
        {
            // The run is over.
        }
    }
}
