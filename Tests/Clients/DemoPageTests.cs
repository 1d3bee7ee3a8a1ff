using static Microsoft.Playwright.Assertions;

namespace Realtime.Tests.Clients;

/// <summary>The demo page in Chromium against the all-in-one host.</summary>
public sealed class DemoPageTests(DemoSilo silo, ChromiumBrowser browser)
{
    [Theory]
    [InlineData("sse")]
    [InlineData("ws")]
    public async Task Chat_ReachesBothTabs_WhenTheyJoinTheSameChannel(string transport)
    {
        var address = await silo.AddressAsync();
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("ann"), transport);
        var ben = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("ben"), transport);
        var channel = $"room-{Guid.NewGuid():N}";
        await ann.JoinAsync(channel);
        await ben.JoinAsync(channel);

        await ann.SayAsync("hello from Québec <b>&amp;");
        await Expect(ben["chat-text"]).ToHaveTextAsync(["hello from Québec <b>&amp;"]);
        await ben.SayAsync("hello Ann");

        await Expect(ann["chat-text"]).ToHaveTextAsync(["hello from Québec <b>&amp;", "hello Ann"]);
        await Expect(ann["chat-message"].Nth(0)).ToHaveAttributeAsync("data-own", "true");
        await Expect(ann["chat-message"].Nth(1)).ToHaveAttributeAsync("data-own", "false");
        await ann["presence-refresh"].ClickAsync();
        await Expect(ann["presence-count"]).ToHaveTextAsync("2");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Chat_CountsUnreadAndLeaves_WhenAnotherChannelIsOpen()
    {
        var address = await silo.AddressAsync();
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("ann"));
        var ben = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("ben"));
        var channel = $"room-{Guid.NewGuid():N}";
        await ann.JoinAsync(channel);
        await ann.JoinAsync($"{channel}-2");
        await ben.JoinAsync(channel);

        await ben.SayAsync("one");
        await ben.SayAsync("two");
        await Expect(ann["channel-unread"]).ToHaveTextAsync("2");
        await ben["channel-leave"].ClickAsync();
        await Expect(ben["channel-tab"]).ToHaveCountAsync(0);
        await ann["channel-tab"].First.ClickAsync();

        await Expect(ann["channel-unread"]).ToHaveCountAsync(0);
        await Expect(ann["chat-text"]).ToHaveTextAsync(["one", "two"]);
        await Expect(ann["presence-count"]).ToHaveTextAsync("1");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Documents_AreLiveForTheAccountOnly_WhenTheRepositoryIs760()
    {
        var address = await silo.AddressAsync();
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("ann"));
        var email = DemoTab.NewEmail("bob");
        await ann.AddUserAsync(email);
        var bob = await DemoTab.LogInAsync(window, address, email);
        var cleo = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("cleo"));

        await ann.CreateAsync("write the report");
        await Expect(bob.Row("write the report")).ToHaveCountAsync(1);
        await bob.Row("write the report").GetByTestId("doc-toggle").ClickAsync();
        await Expect(ann.Row("write the report").GetByTestId("doc-toggle")).ToBeCheckedAsync();
        await bob.Row("write the report").GetByTestId("doc-increase").ClickAsync();
        await Expect(ann.Row("write the report").GetByTestId("doc-count")).ToHaveTextAsync("1");
        await cleo.CreateAsync("mine alone");
        await Expect(cleo["doc-row-title"]).ToHaveTextAsync(["mine alone"]);
        await bob.Row("write the report").GetByTestId("doc-delete").ClickAsync();

        await Expect(ann.Rows).ToHaveCountAsync(0);
        await Expect(ann["docs-total"]).ToHaveTextAsync("0 documents · Deleted: write the report");
        await Expect(cleo["docs-total"]).ToHaveTextAsync("1 document · Created: mine alone");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Documents_AreEditedAndQueried_WhenTheirFieldsAreJson()
    {
        var address = await silo.AddressAsync();
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(window, address, DemoTab.NewEmail("ann"));
        await ann.CreateAsync("first");
        await ann.CreateAsync("second");

        await ann.Row("first").GetByTestId("doc-edit").ClickAsync();
        await ann["doc-editor"].FillAsync("""{ "title": "first of all", "city": "Québec" }""");
        await ann["doc-save"].ClickAsync();
        await Expect(ann.Row("first of all").GetByTestId("doc-fields")).ToContainTextAsync("Québec");
        await ann["doc-more"].ClickAsync();
        await ann["query-field"].FillAsync("city");
        await ann["query-value"].FillAsync("Québec");
        await ann["query-run"].ClickAsync();

        await Expect(ann["doc-row-title"]).ToHaveTextAsync(["first of all"]);
        await ann["query-clear"].ClickAsync();
        await Expect(ann.Rows).ToHaveCountAsync(2);
        window.ExpectNoComplaints();
    }

    [Theory]
    [InlineData("tasks_760_", "read and change", "read and change", "no access", "Events reach the users of the author’s account, and administrators.")]
    [InlineData("diary_700_", "read and change", "no access", "no access", "Events reach only the author of a document, and administrators.")]
    [InlineData("board_774_", "read and change", "read and change", "read", "Events reach every signed-in user of this database.")]
    [InlineData("notes", "read and change", "read", "no access", "No “_000_” suffix in the name, so 740 applies.")]
    public async Task Permissions_AreSaidInWords_WhenARepositoryIsOpened(
        string repository, string owner, string account, string everyone, string audience)
    {
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(window, await silo.AddressAsync(), DemoTab.NewEmail("ann"));

        await ann.OpenRepositoryAsync(repository);

        await Expect(ann["permission-owner"]).ToHaveTextAsync(owner);
        await Expect(ann["permission-account"]).ToHaveTextAsync(account);
        await Expect(ann["permission-everyone"]).ToHaveTextAsync(everyone);
        await Expect(ann["permission-audience"]).ToContainTextAsync(audience);
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task Log_ShowsWhatWasSentAndReceived_WhenCommandsAreTried()
    {
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(window, await silo.AddressAsync(), DemoTab.NewEmail("ann"));
        await Expect(ann.Log("received", "init")).ToHaveCountAsync(1);
        await Expect(ann.Log("sent", "auth")).ToContainTextAsync("(by the client itself)");
        await Expect(ann.Log("http", "register")).ToContainTextAsync("a session token");

        await ann["log-command"].FillAsync("nonsense");
        await ann["log-command-send"].ClickAsync();

        await Expect(ann["toast"]).ToHaveTextAsync(["nonsense command not found"]);
        await ann["log-filter-errors"].CheckAsync(new() { Force = true });
        await Expect(ann["log-row"].Filter(new() { Visible = true })).ToHaveCountAsync(1);
        await Expect(ann.Log("received", "error")).ToContainTextAsync("nonsense command not found");
        window.ExpectNoComplaints();
    }

    [Fact]
    public async Task SignIn_SaysWhy_WhenThePasswordIsWrong()
    {
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.OpenAsync(window, await silo.AddressAsync());

        await ann["use-dev-admin"].ClickAsync();
        await ann["password"].FillAsync("wrong");
        await ann["login"].ClickAsync();

        await Expect(ann["auth-error"]).ToHaveTextAsync("invalid email/password");
    }

    [Fact]
    public async Task Reload_KeepsWhoIsSignedInAndTheirChannels_WhenTheTabStays()
    {
        await using var window = await browser.OpenAsync();
        var ann = await DemoTab.RegisterAsync(window, await silo.AddressAsync(), DemoTab.NewEmail("ann"));
        await ann.JoinAsync("lobby");
        await ann.CreateAsync("still here");

        await ann.Page.ReloadAsync();

        await Expect(ann["channel-tab"]).ToHaveAttributeAsync("data-status", "joined");
        await Expect(ann["doc-row-title"]).ToHaveTextAsync(["still here"]);
        window.ExpectNoComplaints();
    }
}
