using System.Globalization;
using static Microsoft.Playwright.Assertions;

namespace Realtime.Tests.Clients;

/// <summary>The demo page when its network goes away and comes back: nobody notices (protocol 1.9).</summary>
public sealed class DemoReconnectTests(DemoSilo silo, ChromiumBrowser browser)
{
    private const int Cuts = 3;
    private const int MessagesPerCut = 4;

    [Theory]
    [InlineData("sse")]
    [InlineData("ws")]
    public async Task Chat_MissesNothing_WhenTheNetworkIsCut(string transport)
    {
        var address = await silo.AddressAsync();
        await using var link = new CuttableLink(address);
        await using var window = await browser.OpenAsync();
        await using var cutWindow = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(cutWindow, new Uri(link.Url), DemoTab.NewEmail("ann"), transport);
        var ben = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("ben"), "ws");
        var channel = $"room-{Guid.NewGuid():N}";
        await ann.JoinAsync(channel);
        await ben.JoinAsync(channel);
        var sid = await ann["connection-status"].GetAttributeAsync("data-sid");
        var said = new List<string>();

        for (var cut = 1; cut <= Cuts; cut++)
        {
            link.Down();
            await Expect(ann["connection-status"]).ToHaveAttributeAsync("data-state", "reconnecting");
            for (var i = 0; i < MessagesPerCut; i++)
            {
                said.Add(string.Create(CultureInfo.InvariantCulture, $"cut {cut}, message {i}"));
                await ben.SayAsync(said[^1]);
                await Expect(ben["chat-text"]).ToHaveCountAsync(said.Count);
            }

            link.Up();
            await Expect(ann["connection-status"]).ToHaveAttributeAsync("data-state", "ready");
            await Expect(ann["chat-text"]).ToHaveTextAsync(said);
        }

        await Expect(ann["connection-status"]).ToHaveAttributeAsync("data-sid", sid!);
        await Expect(ann.Log("received", "init")).ToHaveCountAsync(1);
        await Expect(ann.Log("received", "token")).ToHaveCountAsync(1);
        await ann.SayAsync("still here");
        await Expect(ben["chat-text"].Last).ToHaveTextAsync("still here");
        window.ExpectNoComplaints();
    }
}
