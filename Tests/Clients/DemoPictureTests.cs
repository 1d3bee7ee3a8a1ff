using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Realtime.Tests.Clients;

/// <summary>What the demo page looks like. With <c>REALTIME_SCREENSHOTS=1</c> it is kept in <c>docs/images</c>.</summary>
public sealed class DemoPictureTests(DemoSilo silo, ChromiumBrowser browser)
{
    private const string BackgroundOfBody = "() => getComputedStyle(document.body).backgroundColor.match(/[\\d.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0)";

    [Fact]
    public async Task Page_FollowsTheColourScheme_WhenTheSystemIsDark()
    {
        var address = await silo.AddressAsync();
        await using var window = await browser.OpenAsync(new BrowserNewContextOptions
        {
            ViewportSize = new() { Width = 1280, Height = 800 },
            DeviceScaleFactor = 1,
            ColorScheme = ColorScheme.Light,
        });
        var dominic = await DemoTab.RegisterAsync(window, address, "dominic@example.com");
        await dominic.AddUserAsync("emma@example.com");
        var emma = await DemoTab.LogInAsync(window, address, "emma@example.com");

        // Clears what the account panel said about the new user.
        await dominic.Page.ReloadAsync();
        await Expect(dominic["repo-live"]).ToHaveAttributeAsync("data-live", "true");
        await WorkTogetherAsync(dominic, emma);

        var light = await dominic.Page.EvaluateAsync<double>(BackgroundOfBody);
        await KeepAsync(dominic, "demo-light.png");
        await dominic.Page.EmulateMediaAsync(new() { ColorScheme = ColorScheme.Dark });
        var dark = await dominic.Page.EvaluateAsync<double>(BackgroundOfBody);
        await KeepAsync(dominic, "demo-dark.png");

        Assert.True(dark < light, $"the background is as bright in the dark ({dark}) as in the light ({light})");
        window.ExpectNoComplaints();
    }

    private static async Task WorkTogetherAsync(DemoTab dominic, DemoTab emma)
    {
        await dominic.JoinAsync("release-party");
        await emma.JoinAsync("release-party");
        await emma.SayAsync("Is the release note ready?");
        await Expect(dominic["chat-message"]).ToHaveCountAsync(1);
        await dominic.SayAsync("Nearly. I have put the open points into tasks_760_.");
        await Expect(emma["chat-message"]).ToHaveCountAsync(2);
        await emma.SayAsync("Hello from Québec! I take the screenshots.");
        await Expect(dominic["chat-message"]).ToHaveCountAsync(3);
        await dominic["presence-refresh"].ClickAsync();
        await Expect(dominic["presence-count"]).ToHaveTextAsync("2");

        foreach (var title in (string[])["Write the release note", "Check the links", "Take the screenshots"])
        {
            await dominic.CreateAsync(title);
            await Expect(emma.Row(title)).ToHaveCountAsync(1);
        }

        await emma.Row("Check the links").GetByTestId("doc-toggle").ClickAsync();
        await Expect(dominic.Row("Check the links").GetByTestId("doc-toggle")).ToBeCheckedAsync();
        await emma.Row("Take the screenshots").GetByTestId("doc-increase").ClickAsync();
        await Expect(dominic.Row("Take the screenshots").GetByTestId("doc-count")).ToHaveTextAsync("1");
    }

    private static async Task KeepAsync(DemoTab tab, string name)
    {
        // Toasts, focus rings and the flash of a changed row come and go; a picture is of what stays.
        await Expect(tab.Page.Locator("[data-flash]")).ToHaveCountAsync(0);
        await Expect(tab["toast"]).ToHaveCountAsync(0);
        await tab.Page.EvaluateAsync("() => document.activeElement?.blur()");
        if (Environment.GetEnvironmentVariable("REALTIME_SCREENSHOTS") == "1")
        {
            await tab.Page.ScreenshotAsync(new() { Path = Path.Combine(Checkout.Root, "docs", "images", name), Animations = ScreenshotAnimations.Disabled });
        }
    }
}
