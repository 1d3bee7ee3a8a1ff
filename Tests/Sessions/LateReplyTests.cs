using Realtime.Gateway.Connections;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Sessions;

/// <summary>Protocol 1.4: every message is answered, also if its session has moved on meanwhile (protocol 1.9).</summary>
public sealed class LateReplyTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public async Task MessageThatIsUnderWay_IsAnswered_WhereItsSessionHasGone(bool toSameGateway, bool isAccepted)
    {
        var cluster = await backend.ClientAsync();
        await using var here = await GatewayProcess.StartAsync(cluster);
        await using var there = await GatewayProcess.StartAsync(cluster);
        var database = await backend.CreateDatabaseAsync();
        await using var joined = Assert.IsType<SseClient>(await database.ConnectMemberAsync(Transport.ServerSentEvents, "room"));
        await using var former = await joined.ReconnectAsync(here);
        await former.ExpectNothingAsync();
        Assert.True(here.Services.GetRequiredService<ConnectionRegistry>().TryGet(Guid.Parse(former.Sid), out var connection));
        await connection.BeginPublicationAsync(TestContext.Current.CancellationToken);

        await using var back = await former.ReconnectAsync(toSameGateway ? here : there);
        await back.ExpectNothingAsync();
        connection.PublicationAnswered(isAccepted);

        await back.ExpectAsync(isAccepted ? "ok" : "error");
        await back.ExpectNothingAsync();
    }
}
