using Microsoft.Playwright;
using Realtime.Tests.Clients;
using Realtime.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(ChromiumBrowser))]

namespace Realtime.Tests.Clients;

/// <summary>The machine's own Chromium, headless. Started when the first test asks for it.</summary>
public sealed class ChromiumBrowser : IAsyncLifetime
{
    private const string ExecutablePath = "/usr/bin/chromium";

    // Off the network, without a profile to set up, and as root in a container, where there is no sandbox.
    private static readonly string[] _arguments =
    [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
    ];

    private readonly Lazy<Task<(IPlaywright Playwright, IBrowser Browser)>> _started = new(StartAsync);

    /// <summary>A window of its own: other storage than every other window.</summary>
    /// <param name="options">Size and colours; null for Playwright's own.</param>
    public async Task<BrowserWindow> OpenAsync(BrowserNewContextOptions? options = null) =>
        new(await (await _started.Value).Browser.NewContextAsync(options));

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_started.IsValueCreated && _started.Value.IsCompletedSuccessfully)
        {
            var (playwright, browser) = await _started.Value;
            await browser.DisposeAsync();
            playwright.Dispose();
        }
    }

    private static async Task<(IPlaywright Playwright, IBrowser Browser)> StartAsync()
    {
        Assert.True(File.Exists(ExecutablePath), $"Chromium was not found: these tests need {ExecutablePath} (see Tests/run.sh).");
        Assertions.SetDefaultExpectTimeout((float)Eventually.Bound.TotalMilliseconds);
        var playwright = await Playwright.CreateAsync();
        var browser = await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = ExecutablePath,
            Args = _arguments,
        });
        return (playwright, browser);
    }
}
