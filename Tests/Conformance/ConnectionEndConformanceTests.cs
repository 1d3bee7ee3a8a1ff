using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.5: how and why connections end, and what happens when only their binding does.</summary>
public sealed class ConnectionEndConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task TokenExpiry_UnbindsAndLeavesAllChannels_AndKeepsTheConnection(Transport transport)
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:SessionTokenLifetime", "00:00:02"));
        var database = await backend.CreateDatabaseAsync();
        var user = await (database with { Gateway = gateway }).RegisterAsync();
        await using var client = await database.ConnectMemberAsync(transport, "r", user, gateway);
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);

        await client.ExpectErrorAsync("invalid token");
        await sender.PublishAsync("r", "not for it");
        await client.SendAsync("join", "r");
        await client.ExpectErrorAsync("invalid token");
        await client.ExpectNothingAsync();
        var fresh = await database.SendAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" });
        await client.AuthenticateAsync(user with { Token = fresh.GetString()! });
        await client.JoinAsync("r");
        await sender.PublishAsync("r", "fence");

        await client.ExpectAsync("chan_out", "fence");
    }

    [Fact]
    public async Task TokenExpiry_LeavesTheConnectionItsLastUsers()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:SessionTokenLifetime", "00:00:02"));
        var database = await backend.CreateDatabaseAsync();
        var user = await (database with { Gateway = gateway }).RegisterAsync();
        var thief = await database.RegisterAsync();
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents, user, gateway);
        await client.ExpectErrorAsync("invalid token");

        var stolen = await database.PostAsync(client.Sid, thief.Token, "auth", thief.Token);
        var expired = await database.PostAsync(client.Sid, user.Token, "auth", user.Token);

        Assert.Equal((401, "invalid token"), stolen);
        Assert.Equal((200, "true"), expired);
        await client.ExpectErrorAsync("invalid token");
    }

    [Fact]
    public async Task Reauthentication_ProlongsTheBinding_AndTheFirstTokenStillProvesOwnership()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:SessionTokenLifetime", "00:00:02"));
        var database = await backend.CreateDatabaseAsync();
        var user = await (database with { Gateway = gateway }).RegisterAsync();
        await using var client = await database.ConnectMemberAsync(Transport.ServerSentEvents, "r", user, gateway);
        var fresh = await database.SendAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" });

        await client.SendAsync("auth", fresh.GetString());
        await client.ExpectAsync("token", fresh.GetString()!);
        await Eventually.TrueAsync(async () => await StatusAsync(database, user.Token) == 401, "the first token to expire");

        await client.PublishAsMemberAsync("r", "with the first token");
    }

    [Fact]
    public async Task UnauthenticatedConnections_AreEnded_AndOthersAreNot()
    {
        await using var gateway = await backend.StartGatewayAsync(
            ("Realtime:Limits:UnauthenticatedStream", "00:00:01"), ("Realtime:Limits:UnauthenticatedSocket", "00:00:01"));
        var database = await backend.CreateDatabaseAsync();
        await using var boundStream = await database.ConnectNewUserAsync(Transport.ServerSentEvents, gateway);
        await using var boundSocket = await database.ConnectNewUserAsync(Transport.WebSocket, gateway);

        await using var stream = await database.ConnectAsync(Transport.ServerSentEvents, gateway);
        await using var socket = (WebSocketClient)await database.ConnectAsync(Transport.WebSocket, gateway);
        await stream.ExpectEndAsync();
        await socket.ExpectEndAsync();

        Assert.Equal(1008, socket.CloseCode);
        await boundStream.ExpectNothingAsync();
        await boundSocket.ExpectNothingAsync();
    }

    [Fact]
    public async Task UnauthenticatedSockets_AreRefused_WhenThereAreTooMany()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:MaxUnauthenticatedSockets", "2"));
        var database = await backend.CreateDatabaseAsync();
        await using var first = await database.ConnectAsync(Transport.WebSocket, gateway);
        await using var second = await database.ConnectAsync(Transport.WebSocket, gateway);

        Assert.Equal(503, await WebSocketClient.RefusedAsync(gateway, ""));
        await first.AuthenticateAsync(await database.RegisterAsync());

        await using var third = await database.ConnectAsync(Transport.WebSocket, gateway);
        await third.ExpectNothingAsync();
    }

    [Fact]
    public async Task StoppingGateway_SaysThatItGoesAway()
    {
        var gateway = await backend.StartGatewayAsync();
        var database = await backend.CreateDatabaseAsync();
        await using var socket = (WebSocketClient)await database.ConnectNewUserAsync(Transport.WebSocket, gateway);
        await using var stream = await database.ConnectNewUserAsync(Transport.ServerSentEvents, gateway);

        await gateway.DisposeAsync();
        await socket.ExpectEndAsync();
        await stream.ExpectEndAsync();

        Assert.Equal(1001, socket.CloseCode);
    }

    [Fact]
    public async Task ClientsClose_IsAnsweredWithANormalClose()
    {
        await using var raw = await RawConnection.OpenWebSocketAsync(await backend.GatewayAsync());

        await raw.SendFrameAsync(0x88, [0x03, 0xE8]);
        var end = await raw.ReadToEndAsync();

        Assert.Equal([0x88, 0x02, 0x03, 0xE8], end);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task DeletedDatabase_EndsItsConnections_OnBothGateways(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var sibling = await database.Gateway.Operator.CreateDatabaseAsync(database.Gateway, database.TenantId);
        await using var here = await database.ConnectMemberAsync(transport, "r");
        await using var there = await database.ConnectMemberAsync(transport, "r", await backend.OtherGatewayAsync());
        await using var other = await sibling.ConnectNewUserAsync(transport);

        await database.Gateway.Operator.SendAsync(HttpMethod.Delete, $"/operator/databases/{database.PublicKey}");
        await here.ExpectEndAsync();
        await there.ExpectEndAsync();

        Assert.All(new[] { here, there }.OfType<WebSocketClient>(), static socket => Assert.Equal(1008, socket.CloseCode));
        await other.ExpectNothingAsync();
        await Eventually.TrueAsync(async () => await StatusAsync(database, here.Token!) == 401, "the key to be unknown", Eventually.Soon);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task SlowReader_IsCutOff_WhileTheOthersGetEverything(Transport transport)
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:OutboxBytes", "1048576"));
        var database = await backend.CreateDatabaseAsync() with { Gateway = gateway };
        var user = await database.RegisterAsync();
        await using var member = await database.ConnectMemberAsync(Transport.WebSocket, "r");
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        var (slow, sid) = transport == Transport.WebSocket
            ? await RawConnection.OpenWebSocketWithSidAsync(gateway)
            : await RawConnection.OpenStreamAsync(database, gateway);
        await using var disposed = slow;
        Assert.Equal((200, "true"), await database.PostAsync(sid, user.Token, "auth", user.Token));
        Assert.Equal((200, "true"), await database.PostAsync(sid, user.Token, "join", "r"));
        var data = new string('x', 60_000);

        var sent = 0;
        await Eventually.TrueAsync(
            async () =>
            {
                await sender.PublishAsync("r", data);
                await member.ExpectChanOutAsync(sender, "r", data);
                sent += data.Length;
                await member.SendAsync("presence", "r");
                return (await member.ExpectAsync("presence")).Data == "1";
            },
            "the slow reader's membership to end");

        var received = await slow.ReadToEndAsync();
        Assert.InRange(received.Length, 1, sent - 1);

        // A stream's client may come back and read on (protocol 1.9).
        Assert.Equal(
            transport == Transport.WebSocket ? (404, "unknown sid") : (200, "true"), await database.PostAsync(sid, user.Token, "echo", "x"));
    }

    private static async Task<int> StatusAsync(TestDatabase database, string token)
    {
        using var response = await database.SendRawAsync(HttpMethod.Get, "/me", token);
        return (int)response.StatusCode;
    }
}
