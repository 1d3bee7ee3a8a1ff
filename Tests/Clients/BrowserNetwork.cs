using Microsoft.Playwright;

namespace Realtime.Tests.Clients;

/// <summary>The network of some tabs, which the DevTools protocol takes from them, and a link that all their connections lead through.</summary>
/// <remarks>
/// DevTools alone doesn't cut what is open. In Chromium 156 the EventSource of an offline tab goes on receiving, and frames of
/// its WebSockets are held back, not lost; what is asked for meanwhile fails, and the page is told by <c>offline</c> and
/// <c>online</c>. So the link cuts what is open, and DevTools keeps the tabs from coming back. A WebSocket for which a frame is
/// held back looks alive until the tab is online again, as it does when a network is changed.
/// </remarks>
internal sealed class BrowserNetwork : IAsyncDisposable
{
    private readonly List<ICDPSession> _tabs = [];
    private readonly CuttableLink _link;
    private Uri _target;

    /// <summary>A network that is there.</summary>
    /// <param name="target">Where connections lead to at first.</param>
    public BrowserNetwork(Uri target)
    {
        _target = target;
        _link = new CuttableLink(() => Volatile.Read(ref _target));
    }

    /// <summary>What tabs are to connect to.</summary>
    public string Url => _link.Url;

    /// <summary>Has a tab be on this network.</summary>
    public async Task AddAsync(IPage tab)
    {
        var session = await tab.Context.NewCDPSessionAsync(tab);
        await session.SendAsync("Network.enable");
        _tabs.Add(session);
    }

    /// <summary>Takes the network away: all that is open ends, and nothing new can be opened.</summary>
    public async Task DownAsync()
    {
        await SetOfflineAsync(true);
        Cut();
    }

    /// <summary>Gives the network back.</summary>
    /// <param name="target">Where connections lead to from now on.</param>
    public Task UpAsync(Uri target)
    {
        Volatile.Write(ref _target, target);
        return SetOfflineAsync(false);
    }

    /// <summary>Ends all that is open; it may be opened again at once.</summary>
    public void Cut() => _link.Cut();

    public ValueTask DisposeAsync() => _link.DisposeAsync();

    private Task SetOfflineAsync(bool isOffline) => Task.WhenAll(_tabs.Select(tab => tab.SendAsync(
        "Network.emulateNetworkConditions",
        new Dictionary<string, object>
        {
            ["offline"] = isOffline,
            ["latency"] = 0,
            ["downloadThroughput"] = -1,
            ["uploadThroughput"] = -1,
        })));
}
