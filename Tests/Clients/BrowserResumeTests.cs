using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Clients;

/// <summary>
/// The published client in Chromium, and with it the demo page's WebSocket, while the browser's network goes away and comes
/// back several times: applications don't notice (protocol 1.9).
/// </summary>
public sealed class BrowserResumeTests(RealtimeBackend backend, ChromiumBrowser browser)
{
    private const int Cuts = 3;
    private const int Messages = 12;

    [Fact]
    public async Task Applications_MissNothing_WhenTheNetworkOfTheBrowserIsCut()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        GatewayProcess[] gateways = [await backend.GatewayAsync(), await backend.OtherGatewayAsync()];
        await using var traffic = await NumberedTraffic.StartAsync(database, user, gateways);
        await using var host = await PageHost.StartAsync();
        await using var network = new BrowserNetwork(gateways[0].Address);
        await using var window = await browser.OpenAsync();
        CutTab[] tabs = [await OpenAsync("sse"), await OpenAsync("ws")];
        var sids = await Task.WhenAll(tabs.Select(static tab => tab.SidAsync()));

        for (var cut = 1; cut <= Cuts; cut++)
        {
            await traffic.SendAsync(Messages, network.DownAsync);
            await Task.WhenAll(tabs.Select(static tab => tab.ExpectConnectionAsync("lost")));
            await traffic.SendAsync(Messages);

            // Each time they come back to another gateway, and once they are cut again as soon as one is there.
            var sending = traffic.SendAsync(Messages, () => network.UpAsync(gateways[cut % 2].Address));
            await await Task.WhenAny(tabs.Select(static tab => tab.ExpectConnectionAsync("open")));
            if (cut == 2)
            {
                network.Cut();
            }

            await sending;
            await Task.WhenAll(tabs.Select(tab => tab.ExpectAllAsync(traffic)));
        }

        foreach (var (tab, sid) in tabs.Zip(sids))
        {
            await tab.SayAsync("room 1", $"thank you from {sid}");
            await traffic.TakeAsync("room 1", $"thank you from {sid}", sid);
            await tab.ExpectNothingNoticedAsync(Cuts);
        }

        await Task.WhenAll(tabs.Select(tab => tab.ExpectAllAsync(traffic)));
        Assert.Equal(sids, await Task.WhenAll(tabs.Select(static tab => tab.SidAsync())));

        Task<CutTab> OpenAsync(string transport) => CutTab.OpenAsync(window, network, host.Address, transport, database.PublicKey, user.Token);
    }
}
