using System.Text.Json;
using Realtime.Gateway.Connections;
using Realtime.Tests.Infrastructure;
using Realtime.Users;

namespace Realtime.Tests.Connections;

public sealed class RoleChangeTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Role_IsLost_AlsoWhenAnAuthComesBetweenTheChangeAndItsNews()
    {
        var database = await backend.CreateDatabaseAsync();
        var (user, other) = (await database.RegisterAsync(), await database.RegisterAsync());
        var grain = (await backend.ClientAsync()).GetGrain<IUserGrain>(UserKeys.User(database.PublicKey, user.Id));
        await grain.SetRoleAsync(CallerIdentity.RootRole);
        await using var client = await database.ConnectAsync(Transport.ServerSentEvents, user);
        await client.JoinAsync("db-tasks_760_");
        await CreateAsync(database, other, "seen by role 100");
        await client.ExpectAsync("db_created");

        Assert.True(database.Gateway.Services.GetRequiredService<ConnectionRegistry>().TryGet(Guid.Parse(client.Sid), out var connection));
        using (await connection.EnterAsync(TestContext.Current.CancellationToken))
        {
            await client.SendAsync("auth", user.Token);
            await grain.SetRoleAsync(0);
        }

        await client.ExpectAsync("token");
        await CreateAsync(database, other, "not seen any more");
        await CreateAsync(database, user, "own");
        Assert.Equal("own", JsonDocument.Parse((await client.ExpectAsync("db_created")).Data).RootElement.GetProperty("title").GetString());
    }

    private static Task CreateAsync(TestDatabase database, TestUser user, string title) =>
        database.SendAsync(HttpMethod.Post, "/db/tasks_760_", user.Token, new { title });
}
