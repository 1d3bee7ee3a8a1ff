using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: channels: names.</summary>
public sealed class ChannelNameConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData("Room", "room")]
    [InlineData("room", "room ")]
    [InlineData("caf\u00e9", "cafe\u0301")]
    [InlineData("r", "r\0")]
    public async Task Row37_Names_AreComparedExactly(string name, string similar)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, name);
        await using var sender = await database.ConnectNewUserAsync(Transport.ServerSentEvents);

        await sender.PublishAsync(similar, "not for it");
        await sender.PublishAsync(name, "fence");

        await client.ExpectChanOutAsync(sender, name, "fence");
    }

    [Theory]
    [InlineData("salon-é-🎉 x")]
    [InlineData("a/b|c\\d%2Fe?f#g\u0000h")]
    [InlineData("__proto__")]
    [InlineData("sbsys")]
    public async Task Row38_Names_MayBeAnyText(string name)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.ServerSentEvents, name);
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);

        await sender.PublishAsync(name, "hello");
        await client.ExpectChanOutAsync(sender, name, "hello");
        await sender.SendAsync("presence", name);

        Assert.Equal(name, (await sender.ExpectAsync("presence", "1")).Channel);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row39_Names_AreRefused_WhenTooLongOrNoText(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(transport);
        string[] commands =
        [
            $"\"type\":\"join\",\"data\":\"{new string('x', 300)}\"", $"\"type\":\"join\",\"data\":\"{new string('é', 257)}\"",
            "\"type\":\"join\",\"data\":\"\\ud800\"", "\"type\":\"chan_in\",\"data\":\"x\",\"channel\":\"a\\udc00\"",
            $"\"type\":\"chan_in\",\"data\":\"x\",\"channel\":\"{new string('x', 257)}\"",
        ];

        foreach (var command in commands)
        {
            using var response = await client.SendTextAsync($$"""{"sid":"{{client.Sid}}",{{command}}}""");
            await client.ExpectErrorAsync("invalid channel name");
        }

        await client.JoinAsync(new string('é', 256));
    }
}
