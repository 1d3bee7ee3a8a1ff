using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.5: <c>/sse/msg</c> takes the sid of any live connection, also one that another gateway holds.</summary>
public sealed class SessionPostConformanceTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Post_WorksThroughTheOtherGateway()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = (SseClient)await database.ConnectAsync(Transport.ServerSentEvents);
        client.PostGateway = await backend.OtherGatewayAsync();

        await client.SendAsync("echo", "hello");
        await client.ExpectAsync("echo", "echo: hello");
        await client.AuthenticateAsync(await database.RegisterAsync());
        await client.JoinAsync("r");
        await client.PublishAsMemberAsync("r", "hello");

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Post_AuthenticatesAWebSocketOfTheOtherGateway()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var socket = await database.ConnectAsync(Transport.WebSocket, await backend.OtherGatewayAsync());

        Assert.Equal((404, "unknown sid"), await database.PostAsync(socket.Sid, user.Token, "echo", "before it has a database"));
        Assert.Equal((200, "true"), await database.PostAsync(socket.Sid, user.Token, "auth", user.Token));

        await socket.ExpectAsync("token", user.Token);
        await socket.JoinAsync("r");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Post_ThroughTheOtherGateway_IsRefused_WhenSenderDoesNotOwnTheConnection(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var foreign = await backend.CreateDatabaseAsync();
        var thief = await database.RegisterAsync();
        var stranger = await foreign.RegisterAsync();
        await using var victim = await database.ConnectMemberAsync(transport, "r", await backend.OtherGatewayAsync());

        Assert.Equal((401, "invalid token"), await database.PostAsync(victim.Sid, thief.Token, "chan_in", "stolen", "r"));
        Assert.Equal((401, "invalid token"), await database.PostAsync(victim.Sid, null, "leave", "r"));
        Assert.Equal((401, "invalid token"), await database.PostAsync(victim.Sid, stranger.Token, "echo", "x"));
        Assert.Equal((404, "unknown sid"), await foreign.PostAsync(victim.Sid, stranger.Token, "echo", "x"));
        Assert.Equal((404, "unknown sid"), await foreign.PostAsync(victim.Sid, victim.Token, "echo", "x"));

        await victim.ExpectNothingAsync();
        await victim.PublishAsMemberAsync("r", "fence");
    }

    [Fact]
    public async Task Post_ThroughTheOtherGateway_IsRefused_WhenTheConnectionHasEnded()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var other = await backend.OtherGatewayAsync();
        var client = await database.ConnectAsync(Transport.ServerSentEvents);

        await client.DisposeAsync();

        // No auth: before its end is noticed that would bind the session, whose client could come back then.
        await Eventually.TrueAsync(
            async () => await database.PostAsync(client.Sid, user.Token, "echo", "", gateway: other) == (404, "unknown sid"),
            "the sid to be unknown", Eventually.Soon);
    }

    [Fact]
    public async Task Post_TakesTheTokenFromHeaderOrMessage()
    {
        var database = await backend.CreateDatabaseAsync();
        var thief = await database.RegisterAsync();
        await using var client = await database.ConnectNewUserAsync(Transport.ServerSentEvents);
        var body = new { sid = client.Sid, token = client.Token, type = "echo", data = "in the message" };

        using var inMessage = await database.SendRawAsync(HttpMethod.Post, "/sse/msg", token: null, body);
        using var withAnothersInHeader = await database.SendRawAsync(HttpMethod.Post, "/sse/msg", thief.Token, body);
        var inHeader = await database.PostAsync(client.Sid, client.Token, "echo", "in the header");

        Assert.Equal((200, 200, 200), ((int)inMessage.StatusCode, (int)withAnothersInHeader.StatusCode, inHeader.Status));
        await client.ExpectAsync("echo", "echo: in the message");
        await client.ExpectAsync("echo", "echo: in the message");
        await client.ExpectAsync("echo", "echo: in the header");
    }

    [Fact]
    public async Task Post_MayNameTheKeyInTheQuery()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents);
        using var content = new StringContent($$"""{"sid":"{{client.Sid}}","type":"echo","data":"x"}""");

        using var response = await database.Gateway.Http.PostAsync(new Uri($"/sse/msg?sbpk={database.PublicKey}", UriKind.Relative), content);

        Assert.Equal("true", await response.Content.ReadAsStringAsync());
        await client.ExpectAsync("echo", "echo: x");
    }
}
