using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.9: where something can't be gone on with, the client begins anew instead of trying for ever.</summary>
public sealed class ResumeLimitsConformanceTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Client_BeginsAnew_WhenItMissedMoreThanMayWaitForIt()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:OutboxBytes", "262144"));
        var database = await backend.CreateDatabaseAsync();
        var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room", gateway);
        await client.DisposeAsync();
        for (var i = 0; i < 10; i++)
        {
            await sender.PublishAsync("room", new string('x', 60_000));
        }

        await using var back = await client.ReconnectAsync();

        Assert.NotEqual(client.Sid, (await back.ExpectAsync("init")).Data);
        await sender.DisposeAsync();
    }

    [Fact]
    public async Task Client_IsStillAMember_OfWhatItJoinedAndLeftWhileItWasAway()
    {
        var database = await backend.CreateDatabaseAsync();
        var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "first");
        await client.DisposeAsync();

        await client.SendAsync("leave", "first");
        await client.SendAsync("join", "second");
        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync());
        Assert.Equal(("left", "joined"), ((await back.NextAsync()).Type, (await back.NextAsync()).Type));
        await sender.PublishAsync("first", "not for it");
        await sender.PublishAsync("second", "for it");

        await back.ExpectAsync("chan_out", "for it");
        await back.ExpectNothingAsync();
        await sender.DisposeAsync();
    }
}
