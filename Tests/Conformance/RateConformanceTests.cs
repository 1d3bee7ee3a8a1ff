using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.6: rates and numbers that one connection may use, and protocol 8: those of an address.</summary>
public sealed class RateConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Commands_AreRefusedAndNotExecuted_WhenThereAreTooMany(Transport transport)
    {
        await using var gateway = await backend.StartGatewayAsync(
            ("Realtime:Limits:CommandBurst", "5"), ("Realtime:Limits:CommandsPerSecond", "1"));
        var database = await backend.CreateDatabaseAsync();
        await using var member = await database.ConnectMemberAsync(Transport.WebSocket, "r");
        await using var client = await database.ConnectNewUserAsync(transport, gateway);
        await using var neighbour = await database.ConnectAsync(transport, gateway);

        for (var i = 0; i < 30; i++)
        {
            await client.SendAsync("chan_in", "hello", "r");
        }

        var replies = await client.TakeAsync(30);
        var accepted = replies.Count(static reply => reply.Type == "ok");
        Assert.InRange(accepted, 4, 29);
        Assert.All(replies.Where(static reply => reply.Type != "ok"), static reply => Assert.Equal(("error", "too many requests"), (reply.Type, reply.Data)));
        await neighbour.ExpectNothingAsync();
        await using var fence = await database.ConnectNewUserAsync(Transport.WebSocket);
        await fence.PublishAsync("r", "fence");
        var received = await member.TakeAsync(accepted + 1);
        Assert.Equal("fence", received[^1].Data);
    }

    [Fact]
    public async Task MalformedFrames_CountLikeCommands()
    {
        await using var gateway = await backend.StartGatewayAsync(
            ("Realtime:Limits:CommandBurst", "5"), ("Realtime:Limits:CommandsPerSecond", "1"));
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(Transport.WebSocket, gateway);

        for (var i = 0; i < 30; i++)
        {
            await client.SendTextAsync("no json");
        }

        var texts = (await client.TakeAsync(30)).Select(static reply => reply.Data).ToArray();
        Assert.Equal(["invalid message", "too many requests"], texts.Distinct());
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Join_IsRefused_WhenThereAreTooManyChannels(Transport transport)
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:MaxChannelsPerConnection", "2"));
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(transport, gateway);
        await client.JoinAsync("r1");
        await client.JoinAsync("db-x");

        await client.SendAsync("join", "r3");
        await client.ExpectErrorAsync("too many channels");
        await client.JoinAsync("r1");
        await client.SendAsync("leave", "db-x");
        await client.ExpectAsync("left");

        await client.JoinAsync("r3");
    }

    [Fact]
    public async Task RegisterAndLogin_AreRefused_WhenAnAddressMakesTooMany()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:LoginsPerMinute", "3"));
        var database = await backend.CreateDatabaseAsync() with { Gateway = gateway };
        var user = await database.RegisterAsync();

        await database.SendAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" });
        await database.RefusedAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "wrong" });
        var refused = await database.RefusedAsync(HttpMethod.Post, "/register", null, new { email = "new@example.com", password = "x" });

        Assert.Equal((429, "too many requests"), refused);
        await database.SendAsync(HttpMethod.Get, "/me", user.Token);
    }

    [Fact]
    public async Task Streams_EndWithoutInit_WhenAnAddressOpensTooMany()
    {
        // Any error status would be final in a browser (protocol 1.1).
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:StreamsPerMinute", "1"));
        var database = await backend.CreateDatabaseAsync();
        await using var first = await database.ConnectAsync(Transport.ServerSentEvents, gateway);

        using var second = await SseClient.RequestAsync(database, gateway);
        var text = await second.Content.ReadAsStringAsync().WaitAsync(Eventually.Bound);

        Assert.Equal(200, (int)second.StatusCode);
        Assert.Matches("^retry: [2-5][0-9]{3}\n\n$", text);
        await first.ExpectNothingAsync();
    }
}
