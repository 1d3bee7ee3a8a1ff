using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;
using Realtime.Gateway;
using Realtime.Gateway.Auth;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: authentication.</summary>
public sealed class AuthenticationConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row12_13_Auth_AnswersWithTheToken_WhichWorksForHttp(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var login = await database.SendAsync(HttpMethod.Post, "/login", null, new { email = user.Email, password = "a password" });
        await using var client = await database.ConnectAsync(transport);

        using var response = await client.SendTextAsync(
            $$"""{"sid":"{{client.Sid}}","token":null,"type":"auth","data":"{{login.GetString()}}"}""");
        var reply = await client.NextAsync();
        var me = await database.SendAsync(HttpMethod.Get, "/me", reply.Data);

        Assert.Equal($$"""{"sid":"{{client.Sid}}","type":"token","data":"{{login.GetString()}}","channel":"","token":""}""", reply.Raw);
        Assert.Equal(user.Id, me.GetProperty("userId").GetString());
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row14_Auth_IsRefusedAndMayBeTriedAgain_WhenTokenIsWrong(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var client = await database.ConnectAsync(transport);

        await client.SendAsync("auth", "nope");
        var refused = await client.NextAsync();

        Assert.Equal($$"""{"sid":"{{client.Sid}}","type":"error","data":"invalid token","channel":"","token":""}""", refused.Raw);
        await client.AuthenticateAsync(user);
    }

    [Fact]
    public async Task Row15_Auth_IsRefused_WhenTokenIsOfAnotherDatabase()
    {
        var database = await backend.CreateDatabaseAsync();
        var stranger = await (await backend.CreateDatabaseAsync()).RegisterAsync();
        await using var stream = await database.ConnectAsync(Transport.ServerSentEvents);
        await using var socket = await WebSocketClient.OpenAsync(database, database.Gateway, $"?sbpk={database.PublicKey}");
        await socket.ExpectAsync("init");

        await stream.SendAsync("auth", stranger.Token);
        await socket.SendAsync("auth", stranger.Token);

        await stream.ExpectErrorAsync("invalid token");
        await socket.ExpectErrorAsync("invalid token");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row16_Auth_IsRefused_WhenTokenIsExpiredOrForged(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var client = await database.ConnectAsync(transport);
        var parts = user.Token.Split('.');
        string[] tokens =
        [
            Issue(database, user, DateTimeOffset.UtcNow - TimeSpan.FromHours(12) - TimeSpan.FromSeconds(1), GatewayProcess.SigningSecret),
            Issue(database, user, DateTimeOffset.UtcNow, Convert.ToBase64String("a key that no gateway has ever been given"u8)),
            $"{parts[0]}.{parts[1]}.",
            $"eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{parts[1]}.",
            user.Token + "A",
        ];

        foreach (var token in tokens)
        {
            await client.SendAsync("auth", token);
            await client.ExpectErrorAsync("invalid token");
            Assert.Equal((401, "invalid token"), await database.RefusedAsync(HttpMethod.Get, "/me", token));
        }
    }

    [Fact]
    public async Task Row16_Auth_Accepts_WhatTheTestOfExpiredTokensIssues_WhenItIsFresh()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();

        var token = Issue(database, user, DateTimeOffset.UtcNow - TimeSpan.FromHours(11), GatewayProcess.SigningSecret);

        await database.SendAsync(HttpMethod.Get, "/me", token);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row17_Auth_IsRefused_WhenTokenIsTheReferencesBackdoor(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);

        await client.SendAsync("auth", "__tmp__experimental_public_x");

        await client.ExpectErrorAsync("invalid token");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row18_Join_IsRefused_WhenNotAuthenticated(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);
        await using var member = await database.ConnectMemberAsync(transport, "room");

        await client.SendAsync("join", "room");
        await client.ExpectErrorAsync("invalid token");
        await member.PublishAsMemberAsync("room", "hello");

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row19_ChanIn_IsRefused_WhenNotAuthenticated(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(transport);
        await using var member = await database.ConnectMemberAsync(transport, "room");

        foreach (var (type, data, channel) in new[] { ("chan_in", "hello", "room"), ("chan_in", "x", ""), ("chan_in", "x", "db-x"), ("presence", "room", null), ("leave", "room", null) })
        {
            await client.SendAsync(type, data, channel);
            await client.ExpectErrorAsync("invalid token");
        }

        await member.PublishAsMemberAsync("room", "fence");
    }

    [Fact]
    public async Task Row20_PostedAuth_IsAnsweredOnTheWebSocket_WhenItNamesItsSid()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var stream = await database.ConnectAsync(Transport.ServerSentEvents, user);
        await using var socket = await database.ConnectAsync(Transport.WebSocket);

        var posted = await database.PostAsync(socket.Sid, user.Token, "auth", user.Token);

        Assert.Equal((200, "true"), posted);
        Assert.Equal(socket.Sid, (await socket.ExpectAsync("token", user.Token)).Sid);
        await socket.JoinAsync("room");
        await stream.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row21_22_Post_IsRefused_WhenSenderDoesNotOwnTheConnection(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var thief = await database.RegisterAsync();
        await using var victim = await database.ConnectMemberAsync(transport, "room");
        await using var member = await database.ConnectMemberAsync(Transport.WebSocket, "room");

        Assert.Equal((401, "invalid token"), await database.PostAsync(victim.Sid, thief.Token, "chan_in", "stolen", "room"));
        Assert.Equal((401, "invalid token"), await database.PostAsync(victim.Sid, thief.Token, "auth", thief.Token));
        Assert.Equal((401, "invalid token"), await database.PostAsync(victim.Sid, null, "join", "other"));
        Assert.Equal((401, "invalid token"), await database.PostAsync(victim.Sid, "nope", "echo", "hello"));

        await victim.ExpectNothingAsync();
        await victim.PublishAsMemberAsync("room", "fence");
        await member.ExpectChanOutAsync(victim, "room", "fence");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row21a_Post_IsRefused_WhenTheConnectionsUserWasRemoved(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var user = await database.AddUserAsync(owner);
        var thief = await database.RegisterAsync();
        await using var victim = await database.ConnectAsync(transport, user);
        await database.SendAsync(HttpMethod.Delete, $"/account/users/{user.Id}", owner.Token);
        await victim.ExpectErrorAsync("invalid token");

        var posted = await database.PostAsync(victim.Sid, thief.Token, "auth", thief.Token);

        Assert.Equal((401, "invalid token"), posted);
        await victim.ExpectNothingAsync();
    }

    [Fact]
    public async Task Row23_Frame_IsRefused_WhenItNamesAnotherConnection()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        await using var other = await database.ConnectNewUserAsync(Transport.WebSocket);

        await sender.SendTextAsync($$"""{"sid":"{{other.Sid}}","type":"join","data":"room","token":"{{other.Token}}"}""");
        await sender.ExpectErrorAsync("invalid request");
        await other.ExpectNothingAsync();
        await sender.SendTextAsync("""{"sid":"","type":"echo","data":"without a sid"}""");

        await sender.ExpectAsync("echo", "echo: without a sid");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row24_RemovedUser_LosesItsConnectionsOnBothGateways(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var user = await database.AddUserAsync(owner);
        await using var here = await database.ConnectMemberAsync(transport, "room", user);
        await using var there = await database.ConnectMemberAsync(transport, "room", user, await backend.OtherGatewayAsync());
        await using var sender = await database.ConnectAsync(Transport.WebSocket, owner);

        await database.SendAsync(HttpMethod.Delete, $"/account/users/{user.Id}", owner.Token);

        foreach (var client in new[] { here, there })
        {
            await client.ExpectErrorAsync("invalid token");
            await sender.PublishAsync("room", "hello");
            await client.SendAsync("join", "room");
            await client.ExpectErrorAsync("invalid token");
        }

        Assert.Equal((401, "invalid token"), await database.RefusedAsync(HttpMethod.Get, "/me", user.Token));
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Auth_Again_RebindsAndDropsMemberships_WhenItIsAnotherUser(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var second = await database.RegisterAsync();
        await using var client = await database.ConnectMemberAsync(transport, "room");
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);

        await client.SendAsync("auth", client.Token);
        await client.ExpectAsync("token", client.Token!);
        await sender.PublishAsync("room", "still a member");
        await client.ExpectAsync("chan_out", "still a member");
        await client.SendAsync("auth", second.Token);
        await client.ExpectAsync("token", second.Token);
        client.Token = second.Token;
        await sender.PublishAsync("room", "not for the second user");
        await client.JoinAsync("room");
        await sender.PublishAsync("room", "fence");

        await client.ExpectAsync("chan_out", "fence");
    }

    private static string Issue(TestDatabase database, TestUser user, DateTimeOffset at, string secret)
    {
        var options = new RealtimeOptions { SigningKeys = { new SigningKeyOptions { Id = "test", Secret = secret } } };
        return new SessionTokens(Options.Create(options), new FakeTimeProvider(at))
            .Issue(new CallerIdentity(database.PublicKey, user.AccountId, user.Id, 50, 1));
    }
}
