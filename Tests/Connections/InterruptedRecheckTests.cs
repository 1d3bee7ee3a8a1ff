using Realtime.Gateway;
using Realtime.Gateway.Connections;
using Realtime.Tests.Infrastructure;
using Realtime.Users;

namespace Realtime.Tests.Connections;

/// <summary>What becomes of a session whose stream ends while its user is to be looked at again.</summary>
public sealed class InterruptedRecheckTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Session_GoesOn_WhenItsUserIsStillWhoItWas()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await ConnectAsync(database, await database.RegisterAsync());

        await EndDuringRecheckAsync(client);

        await using var back = await client.ReconnectAsync();
        await back.ExpectNothingAsync();
    }

    [Fact]
    public async Task Session_Ends_WhenItsUserHasChanged()
    {
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var client = await ConnectAsync(database, user);
        var grain = (await backend.ClientAsync()).GetGrain<IUserGrain>(UserKeys.User(database.PublicKey, user.Id));

        await EndDuringRecheckAsync(client, () => grain.SetRoleAsync(0).AsTask());

        await using var back = await client.ReconnectAsync();
        await back.ExpectAsync("init");
    }

    private static async Task<SseClient> ConnectAsync(TestDatabase database, TestUser user) =>
        Assert.IsType<SseClient>(await database.ConnectMemberAsync(Transport.ServerSentEvents, "room", user));

    private static async Task EndDuringRecheckAsync(SseClient client, Func<Task>? meanwhile = null)
    {
        var services = client.Gateway.Services;
        Assert.True(services.GetRequiredService<ConnectionRegistry>().TryGet(Guid.Parse(client.Sid), out var connection));
        using (await connection.EnterAsync(TestContext.Current.CancellationToken))
        {
            var recheck = services.GetRequiredService<GatewayObserver>().RecheckAsync(connection);
            await (meanwhile?.Invoke() ?? Task.CompletedTask);
            await client.DisposeAsync();
            await recheck.WaitAsync(Eventually.Bound, TestContext.Current.CancellationToken);
        }
    }
}
