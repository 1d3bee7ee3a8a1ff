using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Clients;

/// <summary>Both published versions of the client, unmodified, in Node.js (acceptance rows 61 and 86 to 90).</summary>
public sealed class NodeClientTests(RealtimeBackend backend)
{
    private const int LimitOfIdea = 25;

    /// <summary>Every version over every transport.</summary>
    public static TheoryData<string, string> Clients { get; } = new()
    {
        { "1.7.0", "sse" },
        { "1.7.0", "ws" },
        { "1.0.2", "sse" },
        { "1.0.2", "ws" },
    };

    public static TheoryData<string> Versions { get; } = ["1.7.0", "1.0.2"];

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Client_FindsEveryExampleOfTheDocumentTrue_WhenItWalksThroughIt(string version, string transport)
    {
        var steps = await RunAsync("walk", version, transport, await backend.CreateDatabaseAsync());

        Assert.Equal(Walk.Steps, steps);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Users_GetEventsOfTheirAccountOnly_WhenTheRepositoryIs760(string version, string transport)
    {
        var steps = await RunAsync("accounts", version, transport, await backend.CreateDatabaseAsync());

        Assert.Equal(
            [
                "A adds B to the account, C registers, all three join",
                "A creates d1: A and B",
                "B updates d1: A and B",
                "C may not update d1: nobody",
                "C creates d2: C",
                "A creates three at once: A and B",
                "B deletes d1: A and B",
                "C lists: only d2",
                "the root token updates d2: C",
                "no event came late",
            ],
            steps);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Client_GivesUpWithOneConsoleError_WhenThePlanIsFull(string version)
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var gateway = await backend.GatewayAsync();
        var others = new List<RealtimeClient>();
        try
        {
            for (var i = 0; i < LimitOfIdea; i++)
            {
                others.Add(await database.ConnectAsync(Transport.ServerSentEvents, gateway));
            }

            var steps = await RunAsync("limit", version, "sse", database);

            Assert.Equal(["the refusal is one error on the console", "send returns false", "the client does not try again"], steps);
            foreach (var other in others)
            {
                await other.ExpectNothingAsync();
            }
        }
        finally
        {
            foreach (var other in others)
            {
                await other.DisposeAsync();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task WebSocket_Authenticates_WhenTheApplicationSendsAuth(string version)
    {
        var steps = await RunAsync("websocket", version, "ws", await backend.CreateDatabaseAsync());

        Assert.Equal(
            [
                "connectWS alone does not authenticate",
                "sendWS of auth calls onAuth with the token",
                "join and chan_in work",
                "the token of the reply works for HTTP",
                "with connect called as well the client authenticates the WebSocket itself",
            ],
            steps);
    }

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task Collaboration_Works_WhenTheUsersAreOfDifferentAccounts(string version, string transport)
    {
        var steps = await RunAsync("collaboration", version, transport, await backend.CreateDatabaseAsync());

        Assert.Equal(
            [
                "the owner creates a room and follows it",
                "the other account's guest finds the room by its code",
                "the guest's update changes the owner's title",
                "what one types the other sees",
                "the owner's control message comes back to the owner",
                "nothing else was received",
            ],
            steps);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ChatGuide_FindsItsReplies_WhenTheReferenceRepliesAreOn(string version)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var gateway = await backend.StartGatewayAsync(("Realtime:ReferenceJoinReplies", "true"));

        var steps = await RunAsync("chat-guide", version, "sse", database with { Gateway = gateway }, referenceReplies: true);

        Assert.Equal(
            ["joined is always the first answer", "ok with the channel's name follows", "the others are told who joined", "they chat"],
            steps);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task ChatGuide_FindsOneReply_WhenTheReferenceRepliesAreOff(string version)
    {
        var steps = await RunAsync("chat-guide", version, "sse", await backend.CreateDatabaseAsync());

        Assert.Equal(["joined is always the first answer", "no ok follows, and the others are not told", "they chat"], steps);
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Client_GoesOnAsANewConnection_WhenACutStreamCanNotBeResumed(string version)
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:ResumeWindow", "00:00:00"));
        await using var link = new CuttableLink(gateway.Address);
        var database = await backend.CreateDatabaseAsync();
        var directUrl = gateway.Address.GetLeftPart(UriPartial.Authority);

        var steps = await NodeScript.RunAsync(
            "reconnect", new { client = version, url = link.Url, directUrl, publicKey = database.PublicKey }, CutAfterTheFirst);

        Assert.Equal(
            ["joins in onAuth", "is authenticated again by itself, as another connection", "receives each message once"],
            steps.Select(static step => step.Name));

        void CutAfterTheFirst(ScriptStep step)
        {
            if (step.Name == "joins in onAuth")
            {
                link.Cut();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Client_MissesNothing_WhenItsStreamIsCut(string version)
    {
        await using var gateway = await backend.StartGatewayAsync();
        await using var link = new CuttableLink(gateway.Address);
        var database = await backend.CreateDatabaseAsync();
        var other = await backend.GatewayAsync();

        var steps = await NodeScript.RunAsync(
            "resume",
            new { client = version, url = link.Url, directUrl = other.Address.GetLeftPart(UriPartial.Authority), publicKey = database.PublicKey },
            step =>
            {
                if (step.Name == "joins in onAuth")
                {
                    link.Cut();
                }
            });

        Assert.Equal(
            [
                "joins in onAuth",
                "messages are sent while it is away",
                "receives each message once, in order",
                "is the same connection as before, and the application has not been called",
            ],
            steps.Select(static step => step.Name));
    }

    [Fact]
    public async Task EveryOtherCall_Works_WhenTheClientIsTheNewest()
    {
        var steps = await RunAsync("other-calls", "1.7.0", "sse", await backend.CreateDatabaseAsync());

        Assert.Equal(
            [
                "createBulk announces each document in order",
                "list takes page, size and desc",
                "query takes filters, page, size and desc",
                "getByIds keeps the order of the ids",
                "count takes filters or none",
                "increase announces one change",
                "updateBulk announces each changed document",
                "deleteBulk finds a city beyond ASCII",
                "deleteBulk survives a plus sign in its filters",
                "newId gives a fresh id",
                "addUser and users name the account's users and no secrets",
                "setRole and changeEmail show in me",
                "removeUser ends the user's token",
                "what is no part of this backend is refused with a sentence",
            ],
            steps);
    }

    private static async Task<string[]> RunAsync(
        string scenario, string version, string transport, TestDatabase database, bool referenceReplies = false)
    {
        var steps = await NodeScript.RunAsync(scenario, new
        {
            client = version,
            transport,
            url = database.Gateway.Address.GetLeftPart(UriPartial.Authority),
            publicKey = database.PublicKey,
            rootToken = database.RootToken,
            referenceReplies,
        });
        return [.. steps.Select(static step => step.Name)];
    }
}
