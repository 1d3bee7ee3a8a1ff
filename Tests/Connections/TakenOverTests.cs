using Realtime.Gateway.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Connections;

public sealed class TakenOverTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Session_IsStillWhole_WhenItsStreamHasEndedBeforeItIsGivenAway()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        var services = database.Gateway.Services;
        Assert.True(services.GetRequiredService<ConnectionRegistry>().TryGet(Guid.Parse(client.Sid), out var connection));

        // The end of the stream may be dealt with before whoever gives the session away has its turn.
        connection.End(EndReason.TakenOver);
        await services.GetRequiredService<ConnectionLifetime>().CloseAsync(connection);

        var record = connection.Session!.Release();
        Assert.NotNull(record);
        Assert.Equal(["room"], record.Memberships.Select(static membership => membership.Name));
    }
}
