using System.Globalization;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.9: a client that comes back gets what it missed, once and in order, and nothing else.</summary>
public sealed class ResumeConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_ThatWereSentWhileItWasAway_ArriveOnceAndInOrder(bool elsewhere)
    {
        var database = await backend.CreateDatabaseAsync();
        var sender = await database.ConnectMemberAsync(Transport.WebSocket, "room");
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        await sender.PublishAsMemberAsync("room", "before");
        await client.ExpectChanOutAsync(sender, "room", "before");

        await client.DisposeAsync();
        await sender.PublishAsMemberAsync("room", "1");
        await sender.PublishAsMemberAsync("room", "2");
        await using var back = await client.ReconnectAsync(elsewhere ? await backend.OtherGatewayAsync() : null);
        await sender.PublishAsMemberAsync("room", "3");

        Assert.Equal(["1", "2", "3"], (await back.TakeAsync(3)).Select(static message => message.Data));
        await back.ExpectNothingAsync();
        await sender.DisposeAsync();
    }

    [Fact]
    public async Task WhatWasSentButNotReceived_IsSentAgain()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        var joined = client.LastEventId;
        await client.PublishAsMemberAsync("room", "lost on its way");

        await using var back = await client.ReconnectAsync(lastEventId: joined);

        var again = await back.TakeAsync(2);
        Assert.Equal(["chan_out", "ok"], again.Select(static message => message.Type).Order(StringComparer.Ordinal));
        await client.ExpectEndAsync();
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task Commands_ThatArePostedWhileItIsAway_AreAnsweredWhenItComesBack()
    {
        var database = await backend.CreateDatabaseAsync();
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        await client.DisposeAsync();

        await client.SendAsync("join", "second");
        client.PostGateway = await backend.OtherGatewayAsync();
        await client.SendAsync("chan_in", "hello", "second");
        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync());

        Assert.Equal("second", (await back.ExpectAsync("joined")).Data);
        Assert.Equal(["chan_out", "ok"], (await back.TakeAsync(2)).Select(static message => message.Type).Order(StringComparer.Ordinal));
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task DatabaseEvents_ThatWereMissed_ArriveForThoseWhoMayReadThem()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var stranger = await database.RegisterAsync();
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "db-tasks_700_", owner);
        await client.DisposeAsync();

        await database.SendAsync(HttpMethod.Post, "/db/tasks_700_", owner.Token, new { title = "mine" });
        await database.SendAsync(HttpMethod.Post, "/db/tasks_700_", stranger.Token, new { title = "not mine" });
        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync());
        await database.SendAsync(HttpMethod.Post, "/db/tasks_700_", owner.Token, new { title = "later" });

        var events = await back.TakeAsync(2);
        Assert.Contains("\"mine\"", events[0].Data, StringComparison.Ordinal);
        Assert.Contains("\"later\"", events[1].Data, StringComparison.Ordinal);
        Assert.All(events, message => Assert.Equal(client.Sid, message.Sid));
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task IdsOfManyChannels_StayShort_AndSayWhatWasReceivedOfEach()
    {
        const int Channels = 300;
        var database = await backend.CreateDatabaseAsync();
        var client = (SseClient)await database.ConnectNewUserAsync(Transport.ServerSentEvents);
        for (var i = 0; i < Channels; i++)
        {
            await client.JoinAsync(Name(i));
        }

        var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        for (var i = 0; i < Channels; i++)
        {
            await sender.PublishAsync(Name(i), "seen");
        }

        await client.TakeAsync(Channels);
        await client.DisposeAsync();
        for (var i = 0; i < Channels; i++)
        {
            await sender.PublishAsync(Name(i), "missed");
        }

        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync());

        var missed = await back.TakeAsync(Channels);
        Assert.All(missed, static message => Assert.Equal("missed", message.Data));
        Assert.Equal(Channels, missed.Select(static message => message.Channel).Distinct().Count());
        Assert.InRange(client.LongestId, 30, 1024);
        await back.ExpectNothingAsync();
        await sender.DisposeAsync();
    }

    [Fact]
    public async Task Client_ThatComesBackAgainAndAgain_MissesNothing()
    {
        var database = await backend.CreateDatabaseAsync();
        var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        for (var i = 0; i < 10; i++)
        {
            await client.DisposeAsync();
            await sender.PublishAsync("room", i.ToString(CultureInfo.InvariantCulture));
            client = await client.ReconnectAsync(i % 2 == 0 ? await backend.OtherGatewayAsync() : await backend.GatewayAsync());
            Assert.Equal(i.ToString(CultureInfo.InvariantCulture), (await client.ExpectAsync("chan_out")).Data);
        }

        await client.ExpectNothingAsync();
        await client.DisposeAsync();
        await sender.DisposeAsync();
    }

    [Fact]
    public async Task Presence_DoesNotCountTheAbsent()
    {
        var database = await backend.CreateDatabaseAsync();
        var other = await database.ConnectMemberAsync(Transport.WebSocket, "room");
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        await client.DisposeAsync();
        await Eventually.TrueAsync(async () => await CountAsync() == "1", "one member");

        await using var back = await client.ReconnectAsync();

        Assert.Equal("2", await CountAsync());
        await other.DisposeAsync();

        async Task<string> CountAsync()
        {
            await other.SendAsync("presence", "room");
            return (await other.ExpectAsync("presence")).Data;
        }
    }

    [Theory]
    [InlineData("first")]
    [InlineData("middle")]
    [InlineData("last")]
    [InlineData("nonsense")]
    [InlineData("other database")]
    public async Task Id_ThatTheServerDidNotIssueForThis_BeginsANewSession(string fault)
    {
        var database = await backend.CreateDatabaseAsync();
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        await client.PublishAsMemberAsync("room", "secret");
        var id = client.LastEventId;
        var altered = fault switch
        {
            "first" => Alter(id, 0),
            "middle" => Alter(id, id.Length / 2),
            "last" => Alter(id, id.Length - 1),
            "nonsense" => "41",
            _ => id,
        };
        var asker = fault == "other database"
            ? (SseClient)await (await backend.CreateDatabaseAsync()).ConnectNewUserAsync(Transport.ServerSentEvents)
            : client;

        await using var back = await asker.ReconnectAsync(lastEventId: altered);

        Assert.NotEqual(client.Sid, (await back.ExpectAsync("init")).Data);
        await client.DisposeAsync();
        await asker.DisposeAsync();
    }

    [Fact]
    public async Task Session_WhoseUserIsRemoved_CannotBeGoneOnWith()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var user = await database.AddUserAsync(owner);
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room", user);
        await client.DisposeAsync();
        using var removed = await database.SendRawAsync(HttpMethod.Delete, $"/account/users/{user.Id}", owner.Token);
        Assert.True(removed.IsSuccessStatusCode);

        await using var back = await client.ReconnectAsync();

        await back.ExpectAsync("init");
    }

    [Fact]
    public async Task Session_IsNotKept_BeyondTheWindow()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:ResumeWindow", "00:00:00.200"));
        var database = await backend.CreateDatabaseAsync();
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room", gateway);
        await client.DisposeAsync();
        await Eventually.TrueAsync(async () => (await database.PostAsync(client.Sid, client.Token, "echo")).Status == 404, "the end of the session");

        await using var back = await client.ReconnectAsync();

        await back.ExpectAsync("init");
    }

    private static string Name(int i) => $"room {i}";

    private static string Alter(string id, int at) => id[..at] + (id[at] == 'A' ? 'B' : 'A') + id[(at + 1)..];
}
