using Microsoft.Playwright;
using static Microsoft.Playwright.Assertions;

namespace Realtime.Tests.Clients;

/// <summary>One tab of the demo page, driven through its <c>data-testid</c>s. A tab is a person.</summary>
internal sealed class DemoTab
{
    private const string Password = "a password";

    private DemoTab(IPage page) => Page = page;

    /// <summary>The tab.</summary>
    public IPage Page { get; }

    /// <summary>Documents in the list.</summary>
    public ILocator Rows => this["doc-row"];

    /// <summary>An element of the page.</summary>
    public ILocator this[string testId] => Page.GetByTestId(testId);

    /// <summary>Opens the page in a new tab; nobody is signed in.</summary>
    public static async Task<DemoTab> OpenAsync(BrowserWindow window, Uri address)
    {
        var tab = new DemoTab(await window.OpenTabAsync(address));

        // The form is shown by the page's script once it listens.
        await Expect(tab["welcome"]).ToBeVisibleAsync();
        return tab;
    }

    /// <summary>An address that nobody has registered yet.</summary>
    public static string NewEmail(string name) => $"{name}-{Guid.NewGuid():N}"[..(name.Length + 7)] + "@example.com";

    /// <summary>Opens a tab and registers there.</summary>
    public static async Task<DemoTab> RegisterAsync(BrowserWindow window, Uri address, string email, string transport = "sse")
    {
        var tab = await OpenAsync(window, address);
        await tab.SignInAsync("register", email, transport);
        return tab;
    }

    /// <summary>Opens a tab and signs in somebody who exists.</summary>
    public static async Task<DemoTab> LogInAsync(BrowserWindow window, Uri address, string email)
    {
        var tab = await OpenAsync(window, address);
        await tab.SignInAsync("login", email, "sse");
        return tab;
    }

    /// <summary>Joins a channel, and waits until the server has confirmed it.</summary>
    public async Task JoinAsync(string channel)
    {
        await this["channel-name"].FillAsync(channel);
        await this["channel-join"].ClickAsync();
        await Expect(Page.Locator($"[data-testid=channel-tab][data-channel=\"{channel}\"]")).ToHaveAttributeAsync("data-status", "joined");
    }

    /// <summary>Says something in the channel that is open.</summary>
    public async Task SayAsync(string text)
    {
        await this["chat-input"].FillAsync(text);
        await this["chat-send"].ClickAsync();
    }

    /// <summary>Opens a repository, and waits until its events arrive.</summary>
    public async Task OpenRepositoryAsync(string repository)
    {
        await this["repo-name"].FillAsync(repository);
        await this["repo-open"].ClickAsync();
        await Expect(this["repo-live"]).ToHaveAttributeAsync("title", $"Following db-{repository}; press to pause");
    }

    /// <summary>Creates a document, and waits until it is in the list.</summary>
    public async Task<ILocator> CreateAsync(string title)
    {
        await this["doc-title"].FillAsync(title);
        await this["doc-create"].ClickAsync();
        await Expect(Row(title)).ToHaveCountAsync(1);
        return Row(title);
    }

    /// <summary>The document with a title.</summary>
    public ILocator Row(string title) =>
        Rows.Filter(new() { Has = Page.GetByTestId("doc-row-title").GetByText(title, new() { Exact = true }) });

    /// <summary>Rows of the log of one kind.</summary>
    public ILocator Log(string direction, string type) =>
        Page.Locator($"[data-testid=log-row][data-direction={direction}][data-type={type}]");

    /// <summary>Adds a user to the account of who is signed in.</summary>
    public async Task AddUserAsync(string email)
    {
        await this["add-user-email"].FillAsync(email);
        await this["add-user-password"].FillAsync(Password);
        await this["add-user"].ClickAsync();
        await Expect(Page.Locator($"[data-testid=user-row][data-email=\"{email}\"]")).ToBeVisibleAsync();
    }

    private async Task SignInAsync(string button, string email, string transport)
    {
        // The radio itself is hidden behind its label.
        await this[$"transport-{transport}"].CheckAsync(new() { Force = true });
        await this["email"].FillAsync(email);
        await this["password"].FillAsync(Password);
        await this[button].ClickAsync();
        await Expect(this["connection-status"]).ToHaveAttributeAsync("data-state", "ready");
        await Expect(this["connection-status"]).ToHaveAttributeAsync("data-transport", transport);
        await Expect(this["repo-live"]).ToHaveAttributeAsync("data-live", "true");
        await Expect(this["me-email"]).ToHaveTextAsync(email);
    }
}
