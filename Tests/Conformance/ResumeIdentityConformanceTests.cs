using System.Text.Json;
using System.Threading.Channels;
using Realtime.Gateway.Connections;
using Realtime.Tests.Infrastructure;
using Realtime.Users;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.9: a session is gone on with only as whom it was, and shows nothing that its user may not read.</summary>
public sealed class ResumeIdentityConformanceTests(RealtimeBackend backend)
{
    private const string Repository = "notes_700_", Channel = "db-" + Repository;

    [Fact]
    public async Task Client_ThatComesBackWhileItsUserIsRemoved_GetsNothingOfWhatComesAfter()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        await using var sender = await database.ConnectMemberAsync(Transport.WebSocket, "other", owner);
        for (var i = 0; i < 20; i++)
        {
            var user = await database.AddUserAsync(owner);
            var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room", user);
            await client.DisposeAsync();
            await sender.PublishAsync("room", "missed");

            var removing = Task.Run(async () =>
            {
                // Sometimes before, sometimes while, sometimes after it comes back.
                await Task.Delay(TimeSpan.FromMilliseconds(i % 10));
                using var removed = await database.SendRawAsync(HttpMethod.Delete, $"/account/users/{user.Id}", owner.Token);
                Assert.True(removed.IsSuccessStatusCode);
            });
            await using var back = await client.ReconnectAsync(i % 2 == 0 ? await backend.OtherGatewayAsync() : null);
            await removing;

            await ExpectNobodyAsync(back, () => sender.PublishAsync("room", "after"));
        }
    }

    [Fact]
    public async Task Client_WhoseUserIsRemovedWhileItsSessionIsHandedOver_BeginsANewOne()
    {
        var database = await backend.CreateDatabaseAsync();
        var owner = await database.RegisterAsync();
        var user = await database.AddUserAsync(owner);
        await using var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room", user);
        var connection = Find(client);

        // While a command is under way the session isn't given away yet.
        var turn = await connection.EnterAsync(TestContext.Current.CancellationToken);
        var returning = client.ReconnectAsync(await backend.OtherGatewayAsync());
        await Eventually.TrueAsync(() => connection.EndReason == EndReason.TakenOver, "the session to be asked for");
        using var removed = await database.SendRawAsync(HttpMethod.Delete, $"/account/users/{user.Id}", owner.Token);
        turn.Dispose();
        await using var back = await returning;

        Assert.True(removed.IsSuccessStatusCode);
        Assert.NotEqual(client.Sid, (await back.ExpectAsync("init")).Data);
    }

    [Fact]
    public async Task EventsFromBeforeItsUserGotRole100_AreThoseThatItMightReadThen()
    {
        var (database, user, other) = await NewUsersAsync(50);
        await using var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, Channel, user);
        var id = client.LastEventId;
        await CreateAsync(database, other, "not due");
        await CreateAsync(database, user, "own");
        await ChangeRoleAsync(client, user, CallerIdentity.RootRole);
        await CreateAsync(database, other, "due");

        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync(), id);

        Assert.Equal(["own", "due"], (await back.TakeAsync(2)).Select(Title));
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task EventsFromBeforeItsUserLostRole100_AreThoseThatItMayReadNow()
    {
        var (database, user, other) = await NewUsersAsync(CallerIdentity.RootRole);
        await using var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, Channel, user);
        var id = client.LastEventId;
        await CreateAsync(database, other, "not to be read any more");
        await CreateAsync(database, user, "own");
        await ChangeRoleAsync(client, user, 50);
        await CreateAsync(database, other, "not due");
        await CreateAsync(database, user, "own, later");

        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync(), id);

        Assert.Equal(["own", "own, later"], (await back.TakeAsync(2)).Select(Title));
        await back.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IdFromAnEarlierTimeWithRole100_BeginsANewSession(bool isFromEarlierTime)
    {
        var (database, user, other) = await NewUsersAsync(CallerIdentity.RootRole);
        await using var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, Channel, user);
        var id = client.LastEventId;
        await CreateAsync(database, other, "of the first time");
        await client.ExpectAsync("db_created");
        await ChangeRoleAsync(client, user, 50);
        await CreateAsync(database, user, "own");
        await client.ExpectAsync("db_created");
        id = isFromEarlierTime ? id : client.LastEventId;
        await CreateAsync(database, other, "between");
        await ChangeRoleAsync(client, user, CallerIdentity.RootRole);
        await CreateAsync(database, other, "of the second time");

        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync(), id);

        if (isFromEarlierTime)
        {
            Assert.NotEqual(client.Sid, (await back.ExpectAsync("init")).Data);
            return;
        }

        Assert.Equal("of the second time", Title(await back.ExpectAsync("db_created")));
        await back.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task IdFromAfterAChangeOfWhatItsUserMayRead_GoesOn_WithWhatItMayReadNow(bool isPromotion)
    {
        var (database, user, other) = await NewUsersAsync(isPromotion ? 50 : CallerIdentity.RootRole);
        await using var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, Channel, user);
        await ChangeRoleAsync(client, user, isPromotion ? CallerIdentity.RootRole : 50);
        await CreateAsync(database, user, "seen");
        await client.ExpectAsync("db_created");
        await client.DisposeAsync();

        await CreateAsync(database, other, "of another");
        await CreateAsync(database, user, "own");
        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync());

        string[] due = isPromotion ? ["of another", "own"] : ["own"];
        Assert.Equal(due, (await back.TakeAsync(due.Length)).Select(Title));
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task ChangeOfRole_ThatChangesNothingItsUserMayRead_LeavesIdsAsTheyAre()
    {
        var (database, user, other) = await NewUsersAsync(50);
        await using var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, Channel, user);
        var id = client.LastEventId;
        await CreateAsync(database, other, "of another");
        await CreateAsync(database, user, "before");
        await ChangeRoleAsync(client, user, 40);
        await CreateAsync(database, user, "after");

        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync(), id);

        Assert.Equal(["before", "after"], (await back.TakeAsync(2)).Select(Title));
        await back.ExpectNothingAsync();
    }

    /// <summary>A user of a role, and another one.</summary>
    private async Task<(TestDatabase Database, TestUser User, TestUser Other)> NewUsersAsync(int role)
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await (await UserAsync(database, user)).SetRoleAsync(role);
        return (database, user, await database.RegisterAsync());
    }

    /// <summary>Changes a user's role, and waits until its connection has moved.</summary>
    private async Task ChangeRoleAsync(SseClient client, TestUser user, int role)
    {
        await (await UserAsync(client.Database, user)).SetRoleAsync(role);
        var connection = Find(client);
        await Eventually.TrueAsync(() => connection.Identity?.Role == role, "the new role");
        (await connection.EnterAsync(TestContext.Current.CancellationToken)).Dispose();
    }

    private static Connection Find(SseClient client)
    {
        Assert.True(client.Gateway.Services.GetRequiredService<ConnectionRegistry>().TryGet(Guid.Parse(client.Sid), out var connection));
        return connection;
    }

    private async Task<IUserGrain> UserAsync(TestDatabase database, TestUser user) =>
        (await backend.ClientAsync()).GetGrain<IUserGrain>(UserKeys.User(database.PublicKey, user.Id));

    private static Task CreateAsync(TestDatabase database, TestUser user, string title) =>
        database.SendAsync(HttpMethod.Post, "/db/" + Repository, user.Token, new { title });

    private static string Title(ServerMessage message) => JsonDocument.Parse(message.Data).RootElement.GetProperty("title").GetString()!;

    /// <summary>Either it begins anew, or it is told that it is nobody any more; what is sent after that never comes.</summary>
    private static async Task ExpectNobodyAsync(SseClient back, Func<Task> send)
    {
        while (true)
        {
            ServerMessage message;
            try
            {
                message = await back.NextAsync();
            }
            catch (ChannelClosedException)
            {
                // It was asked to come back once more.
                back = await back.ReconnectAsync();
                continue;
            }

            if (message.Type == "init")
            {
                Assert.NotEqual(back.Sid, message.Data);
                return;
            }

            if (message.Type == "error")
            {
                Assert.Equal("invalid token", message.Data);
                await send();
                await back.ExpectNothingAsync();
                return;
            }

            Assert.Equal("missed", message.Data);
        }
    }
}
