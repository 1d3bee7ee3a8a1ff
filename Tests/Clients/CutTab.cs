using System.Globalization;
using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Realtime.Tests.Clients;

/// <summary>One tab of <c>page/cut.html</c>: an application that writes down what it is told.</summary>
internal sealed class CutTab
{
    private readonly IPage _page;

    private CutTab(IPage page) => _page = page;

    /// <summary>The sid that it was told; one after the other if there was more than one.</summary>
    public async Task<string> SidAsync() => await _page.Locator("#sid").TextContentAsync() ?? "";

    /// <summary>Opens a tab, and waits until it is a member of all channels.</summary>
    /// <param name="window">Where.</param>
    /// <param name="network">What cuts its connections.</param>
    /// <param name="address">Where the pages are.</param>
    /// <param name="transport"><c>sse</c> or <c>ws</c>.</param>
    /// <param name="publicKey">Key of its database.</param>
    /// <param name="token">As whom.</param>
    public static async Task<CutTab> OpenAsync(
        BrowserWindow window, BrowserNetwork network, Uri address, string transport, string publicKey, string token)
    {
        var channels = string.Concat(NumberedTraffic.Channels.Select(static channel => $"&channel={Uri.EscapeDataString(channel)}"));
        var page = await window.OpenTabAsync(new Uri(address, $"cut?transport={transport}&publicKey={publicKey}&token={token}&url={network.Url}{channels}"));
        await network.AddAsync(page);
        await Expect(page.Locator("#joined li")).ToHaveCountAsync(NumberedTraffic.Channels.Length);
        return new CutTab(page);
    }

    /// <summary>Waits until it has a connection, or has noticed that it has none.</summary>
    /// <param name="state"><c>open</c> or <c>lost</c>.</param>
    public Task ExpectConnectionAsync(string state) => Expect(_page.Locator("#connection")).ToHaveTextAsync(state);

    /// <summary>Waits until it has been told all that was sent. Exactly that: each once and in order, and nothing else.</summary>
    public async Task ExpectAllAsync(NumberedTraffic traffic)
    {
        foreach (var channel in NumberedTraffic.Channels)
        {
            await Expect(_page.Locator($"[data-channel=\"{channel}\"] li")).ToHaveTextAsync(traffic.Sent(channel));
        }
    }

    /// <summary>Fails if its application was told of more than one connection.</summary>
    /// <param name="losses">How often it has lost its connection at least.</param>
    public async Task ExpectNothingNoticedAsync(int losses)
    {
        await Expect(_page.Locator("#authenticated")).ToHaveTextAsync("1");
        await Expect(_page.Locator("#joined li")).ToHaveCountAsync(NumberedTraffic.Channels.Length);
        var lost = int.Parse(await _page.Locator("#losses").TextContentAsync() ?? "", CultureInfo.InvariantCulture);
        Assert.True(lost >= losses, $"its connection was lost {lost} times only");
    }

    /// <summary>Says something, and waits for its reply: the only message beside those of channels.</summary>
    public async Task SayAsync(string channel, string text)
    {
        await _page.EvaluateAsync("([channel, text]) => { say(channel, text); }", new[] { channel, text });
        await Expect(_page.Locator("#other li")).ToHaveTextAsync(["ok"]);
    }
}
