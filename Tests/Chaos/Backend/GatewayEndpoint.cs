namespace Realtime.Tests.Chaos.Backend;

/// <summary>A gateway as clients know it: a name and an address, whatever process is behind it.</summary>
/// <param name="name">Its name in the timeline.</param>
/// <param name="address">Where it listens.</param>
internal sealed class GatewayEndpoint(string name, Uri address) : IDisposable
{
    /// <summary>Its name in the timeline.</summary>
    public string Name => name;

    /// <summary>Where it listens.</summary>
    public Uri Address => address;

    /// <summary>Whether it has said, a moment ago, that it wants new connections.</summary>
    public bool IsReady { get; set; }

    /// <summary>For all requests of all clients.</summary>
    public HttpClient Http { get; } = new(new SocketsHttpHandler
    {
        ConnectTimeout = TimeSpan.FromSeconds(3),
        PooledConnectionIdleTimeout = TimeSpan.FromSeconds(10),
    })
    {
        BaseAddress = address,
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Asks whether it wants new connections.</summary>
    public async Task<bool> ProbeAsync()
    {
        try
        {
            using var timeout = new CancellationTokenSource(TimeSpan.FromSeconds(2));
            using var response = await Http.GetAsync(new Uri("/health/ready", UriKind.Relative), timeout.Token);
            return response.IsSuccessStatusCode;
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return false;
        }
    }

    public void Dispose() => Http.Dispose();
}
