using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.9 over WebSocket: ids on request, in messages; a session goes on by a socket's first frame.</summary>
public sealed class WebSocketResumeConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Messages_ThatWereSentWhileItWasAway_ArriveOnceAndInOrder(bool elsewhere)
    {
        var database = await backend.CreateDatabaseAsync();
        var sender = await database.ConnectNewUserAsync(Transport.ServerSentEvents);
        var client = await WebSocketClient.ResumableAsync(database, await database.RegisterAsync(), "room");
        await sender.PublishAsync("room", "before");
        await client.ExpectChanOutAsync(sender, "room", "before");

        await client.AbortAsync();
        await sender.PublishAsync("room", "1");
        await sender.PublishAsync("room", new string('2', 5000));
        await using var back = await client.ReconnectAsync(elsewhere ? await backend.OtherGatewayAsync() : null);
        Assert.Equal(client.Sid, (await back.ExpectAsync("resumed")).Sid);
        await sender.PublishAsync("room", "3");

        Assert.Equal(["1", new string('2', 5000), "3"], (await back.TakeAsync(3)).Select(static message => message.Data));
        await back.PublishAsMemberAsync("room", "still a member");
        await back.ExpectNothingAsync();
        await client.DisposeAsync();
        await sender.DisposeAsync();
    }

    [Fact]
    public async Task DatabaseEventsAndReplies_ThatWereMissed_Arrive()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var client = await WebSocketClient.ResumableAsync(database, user, "db-tasks_700_");
        var id = client.LastEventId;
        var long_ = new string('x', 3000);
        await database.SendAsync(HttpMethod.Post, "/db/tasks_700_", user.Token, new { title = long_ });
        Assert.Contains(long_, (await client.ExpectAsync("db_created")).Data, StringComparison.Ordinal);
        await client.SendAsync("echo", "lost on its way");
        await client.ExpectAsync("echo");
        await client.AbortAsync();
        await database.SendAsync(HttpMethod.Post, "/db/tasks_700_", user.Token, new { title = "later" });

        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync(), id);

        await back.ExpectAsync("resumed");
        await back.ExpectAsync("echo", "echo: lost on its way");
        Assert.Contains(long_, (await back.ExpectAsync("db_created")).Data, StringComparison.Ordinal);
        Assert.Contains("\"later\"", (await back.ExpectAsync("db_created")).Data, StringComparison.Ordinal);
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task Heartbeat_BringsAnId_WhenEventsAreNotForTheClient()
    {
        var database = await backend.CreateDatabaseAsync();
        var stranger = await database.RegisterAsync();
        await using var client = await WebSocketClient.ResumableAsync(database, await database.RegisterAsync(), "db-tasks_700_");
        var id = client.LastEventId;

        await database.SendAsync(HttpMethod.Post, "/db/tasks_700_", stranger.Token, new { title = "not for it" });
        await Eventually.TrueAsync(() => Task.FromResult(client.LastEventId != id), "a heartbeat");

        Assert.Equal(1, client.Heartbeats);
        await using var back = await client.ReconnectAsync();
        await back.ExpectAsync("resumed");
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task Session_GoesOn_FromOneTransportToTheOther()
    {
        var database = await backend.CreateDatabaseAsync();
        var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        var stream = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        await stream.DisposeAsync();
        await sender.PublishAsync("room", "to a socket");

        await using var socket = await WebSocketClient.ResumeAsync(stream, await backend.OtherGatewayAsync(), stream.LastEventId);
        await socket.ExpectAsync("resumed");
        await socket.ExpectAsync("chan_out", "to a socket");
        await using var second = await stream.ReconnectAsync(lastEventId: socket.LastEventId);
        await sender.PublishAsync("room", "to a stream");

        await second.ExpectAsync("chan_out", "to a stream");
        await second.ExpectNothingAsync();
        await socket.ExpectEndAsync();
        Assert.Equal(4002, socket.CloseCode);
        await sender.DisposeAsync();
    }

    [Fact]
    public async Task IdThatIsNotKnown_BeginsANewSession_WhichCanBeComeBackTo()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var client = await WebSocketClient.ResumableAsync(database, user, "room");
        await client.DisposeAsync();

        await using var back = await client.ReconnectAsync(id: "nonsense");
        back.Sid = (await back.ExpectAsync("init")).Data;
        Assert.NotEqual(client.Sid, back.Sid);
        await back.AuthenticateAsync(user);
        await back.AbortAsync();

        await using var again = await back.ReconnectAsync();
        await again.ExpectAsync("resumed");
        await again.ExpectNothingAsync();
    }

    [Fact]
    public async Task ClientThatSaysGoodbye_HasNoSessionAnyMore()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await WebSocketClient.ResumableAsync(database, await database.RegisterAsync(), "room");
        await client.DisposeAsync();

        await using var back = await client.ReconnectAsync();

        await back.ExpectAsync("init");
    }

    [Fact]
    public async Task Resume_IsRefused_WhereItIsNotTheFirstFrame()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await WebSocketClient.ResumableAsync(database, await database.RegisterAsync());

        await client.SendAsync("resume", "");
        await client.ExpectErrorAsync("invalid request");
        await database.PostAsync(client.Sid, client.Token, "resume", client.LastEventId);
        await client.ExpectErrorAsync("invalid request");
    }

    [Fact]
    public async Task FirstFrame_CanBeAnyCommand()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectAsync(Transport.WebSocket);

        await client.SendAsync("echo", "hello");
        await client.ExpectAsync("echo", "echo: hello");
        await client.SendAsync("resume", "");
        await client.ExpectErrorAsync("invalid request");
    }
}
