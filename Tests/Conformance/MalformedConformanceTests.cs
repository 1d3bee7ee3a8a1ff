using System.Text;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: malformed.</summary>
public sealed class MalformedConformanceTests(RealtimeBackend backend)
{
    private static readonly string[] Malformed =
    [
        "{not json", "", "[]", "\"x\"", "null", "1", "{}x", "{\"type\":\"echo\"", "{\"type\":\"echo\",}",
        // Row 54, and every other member of the envelope.
        "{\"type\":\"echo\",\"data\":{}}", "{\"type\":\"echo\",\"data\":1}", "{\"type\":\"echo\",\"data\":[\"x\"]}",
        "{\"type\":\"echo\",\"data\":true}", "{\"type\":1}", "{\"sid\":1,\"type\":\"echo\"}",
        "{\"type\":\"echo\",\"channel\":{}}", "{\"type\":\"echo\",\"token\":false}",
    ];

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row49_51_UnknownTypes_AreNamedInTheError(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);
        await using var member = await database.ConnectMemberAsync(transport, "r");

        foreach (var type in new[] { "foo", "chan_out", "db_created", "token", "ok", "init", "joined", "Echo", "", "a \"quoted\" é 🎉" })
        {
            await client.SendAsync(type, "x", "r");
            await client.ExpectErrorAsync(type + " command not found");
            await member.SendAsync(type, "x", "r");
            await member.ExpectErrorAsync(type + " command not found");
        }

        using var response = await client.SendTextAsync($$"""{"sid":"{{client.Sid}}"}""");
        await client.ExpectErrorAsync(" command not found");
        await member.PublishAsMemberAsync("r", "fence");
    }

    [Fact]
    public async Task Row52_54_Post_IsRefused_WhenMalformed()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents);

        foreach (var message in Malformed)
        {
            using var response = await client.SendTextAsync(message);
            Assert.Equal((400, "invalid message"), ((int)response!.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Row53_54_Frame_IsRefused_WhenMalformedOrBinary()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = (WebSocketClient)await database.ConnectAsync(Transport.WebSocket);

        foreach (var message in Malformed)
        {
            await client.SendTextAsync(message);
            await client.ExpectErrorAsync("invalid message");
        }

        await client.SendBinaryAsync("{\"type\":\"echo\"}"u8.ToArray());
        await client.ExpectErrorAsync("invalid message");
        await client.ExpectNothingAsync();
    }

    [Fact]
    public async Task Row55_Post_IsRefused_WhenSidIsUnknown()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var stranger = await (await backend.CreateDatabaseAsync()).ConnectNewUserAsync(Transport.ServerSentEvents);
        await using var user = await database.ConnectNewUserAsync(Transport.ServerSentEvents);

        foreach (var sid in new[] { null, "", "x", Guid.NewGuid().ToString(), user.Sid.ToUpperInvariant() + "0", "' or 1=1 --", stranger.Sid })
        {
            Assert.Equal((404, "unknown sid"), await database.PostAsync(sid, user.Token, "echo", "hello"));
        }

        await stranger.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents, false)]
    [InlineData(Transport.WebSocket, false)]
    [InlineData(Transport.WebSocket, true)]
    public async Task Row55_Post_IsRefused_WhenItsConnectionHasEnded(Transport transport, bool isAuthenticated)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var client = isAuthenticated ? await database.ConnectAsync(transport, user) : await database.ConnectAsync(transport);

        await client.DisposeAsync();

        // An auth may come before the end is noticed, and then the stream's session could be gone on with.
        var command = transport == Transport.WebSocket ? "auth" : "echo";
        await Eventually.TrueAsync(
            async () => await database.PostAsync(client.Sid, user.Token, command, user.Token) == (404, "unknown sid"),
            "the sid to be unknown", Eventually.Soon);
    }

    [Fact]
    public async Task Row55_Post_IsRefused_WhenItIsNoAuthForASocketWithoutDatabase()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var stranger = await (await backend.CreateDatabaseAsync()).RegisterAsync();
        await using var socket = await database.ConnectAsync(Transport.WebSocket);

        Assert.Equal((404, "unknown sid"), await database.PostAsync(socket.Sid, user.Token, "echo", "hello"));
        Assert.Equal((404, "unknown sid"), await database.PostAsync(socket.Sid, user.Token, "auth", stranger.Token));
        Assert.Equal((404, "unknown sid"), await database.PostAsync(socket.Sid, user.Token, "auth", "nope"));

        await socket.ExpectNothingAsync();
    }

    [Fact]
    public async Task Row56_Post_IsRefused_WithoutAPublicKey()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents);
        using var content = new StringContent($$"""{"sid":"{{client.Sid}}","type":"echo"}""", Encoding.UTF8, "application/json");

        using var response = await database.Gateway.Http.PostAsync(new Uri("/sse/msg", UriKind.Relative), content);

        Assert.Equal(401, (int)response.StatusCode);
        Assert.Equal("invalid StaticBackend public key", await response.Content.ReadAsStringAsync());
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row57_ExtraMembersOtherOrderAndSpaces_AreIgnored(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);

        using var response = await client.SendTextAsync(
            $$"""
              { "more": { "type": "join", "deep": [1, {}, null] },  "data" : "h\u0065llo",
                "to\u006ben":"", "type":"echo" , "Type":"join",
                "sid":"{{client.Sid}}" }

              """);

        await client.ExpectAsync("echo", "echo: hello");
        await client.ExpectNothingAsync();
    }
}
