using Realtime.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Channels;

/// <summary>Channels and gateways of a test.</summary>
internal sealed class ChannelScene(GrainCluster fixture)
{
    // Orleans holds observers weakly.
    private readonly List<TestGateway> _gateways = [];
    private IClusterClient? _client;

    /// <summary>The cluster; there once a channel has been asked for.</summary>
    public IClusterClient Client => _client!;

    public async Task<IChannelGrain> NewChannelAsync()
    {
        _client = (await fixture.StartedAsync()).Client;
        return _client.GetGrain<IChannelGrain>(ChannelKey.Create("db", Guid.NewGuid().ToString()));
    }

    /// <summary>A gateway that is registered.</summary>
    public async Task<TestGateway> NewGatewayAsync()
    {
        var gateway = new TestGateway();
        _gateways.Add(gateway);
        await gateway.RegisterAsync(Client);
        return gateway;
    }

    /// <summary>Makes a call, and lets time pass until it is answered.</summary>
    public async Task<T> InTimeAsync<T>(Func<Task<T>> call)
    {
        var answer = call();
        await Eventually.TrueAsync(
            () =>
            {
                fixture.Time.Advance(TimeSpan.FromMilliseconds(50));
                return answer.IsCompleted;
            },
            "an answer");
        return await answer;
    }
}
