using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.4.3 and row 90: the reference's replies to a join, which a setting adds.</summary>
public sealed class ReferenceJoinConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row90_Join_IsAnsweredWithOkToo_AndToldToTheOthers_WhenTheSettingIsOn(Transport transport)
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:ReferenceJoinReplies", "true"));
        var database = await backend.CreateDatabaseAsync();
        await using var other = await database.ConnectMemberAsync(transport, "lobby", await backend.OtherGatewayAsync());
        await using var client = await database.ConnectNewUserAsync(transport, gateway);

        await client.SendAsync("join", "lobby");
        var replies = await client.TakeAsync(2);
        var told = await other.NextAsync();

        Assert.Equal(
            [
                $$"""{"sid":"{{client.Sid}}","type":"joined","data":"lobby","channel":"lobby","token":""}""",
                $$"""{"sid":"{{client.Sid}}","type":"ok","data":"lobby","channel":"","token":""}""",
            ],
            replies.Select(static reply => reply.Raw));
        Assert.Equal($$"""{"sid":"{{client.Sid}}","type":"joined","data":"{{client.Sid}}","channel":"lobby","token":""}""", told.Raw);
        await client.PublishAsMemberAsync("lobby", "fence");
        await other.ExpectChanOutAsync(client, "lobby", "fence");
        await client.ExpectNothingAsync();
    }
}
