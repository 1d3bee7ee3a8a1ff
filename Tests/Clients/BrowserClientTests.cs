using Realtime.Tests.Infrastructure;
using static Microsoft.Playwright.Assertions;

namespace Realtime.Tests.Clients;

/// <summary>The published client in Chromium, on a page of another origin.</summary>
public sealed class BrowserClientTests(RealtimeBackend backend, ChromiumBrowser browser)
{
    [Theory]
    [InlineData("1.7.0", "sse")]
    [InlineData("1.7.0", "ws")]
    [InlineData("1.0.2", "sse")]
    [InlineData("1.0.2", "ws")]
    public async Task Client_FindsEveryExampleOfTheDocumentTrue_WhenItRunsInABrowser(string version, string transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var host = await PageHost.StartAsync();
        await using var window = await browser.OpenAsync();
        var url = database.Gateway.Address.GetLeftPart(UriPartial.Authority);
        var query = $"walk?client={version}&transport={transport}&publicKey={database.PublicKey}&url={url}";

        var page = await window.OpenTabAsync(new Uri(host.Address, query));

        var result = page.Locator("#result");
        await Expect(result).Not.ToHaveTextAsync("running");
        Assert.Equal("passed", await result.TextContentAsync());
        Assert.Equal(Walk.Steps, await page.Locator("#steps li").AllTextContentsAsync());
        window.ExpectNoComplaints();
    }
}
