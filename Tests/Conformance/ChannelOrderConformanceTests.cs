using System.Globalization;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: channels: order, size, presence.</summary>
public sealed class ChannelOrderConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row36_ClosedConnection_LeavesThePresence(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "r");
        var leaving = await database.ConnectMemberAsync(transport, "r");
        Assert.Equal(2, await CountAsync(client, "r"));

        await leaving.DisposeAsync();
        await Eventually.TrueAsync(async () => await CountAsync(client, "r") == 1, "a presence of 1", Eventually.Soon);

        await client.PublishAsMemberAsync("r", "hello");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row42_Messages_ArriveInOrder_OnAnotherGateway(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var numbers = Enumerable.Range(0, 200).Select(static n => n.ToString(CultureInfo.InvariantCulture)).ToArray();
        await using var member = await database.ConnectMemberAsync(transport, "r");
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket, await backend.OtherGatewayAsync());

        foreach (var number in numbers)
        {
            await sender.SendAsync("chan_in", number, "r");
        }

        Assert.Equal(numbers, (await member.TakeAsync(numbers.Length)).Select(static message => message.Data));
        Assert.All(await sender.TakeAsync(numbers.Length), static message => Assert.Equal("ok", message.Type));
        await sender.PublishAsync("r", "fence");
        await member.ExpectAsync("chan_out", "fence");
    }

    [Fact]
    public async Task Row43_AllMembers_SeeTheSameOrder_AndEachSenderItsOwn()
    {
        var database = await backend.CreateDatabaseAsync();
        var other = await backend.OtherGatewayAsync();
        var members = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => database.ConnectMemberAsync(
            n % 2 == 0 ? Transport.WebSocket : Transport.ServerSentEvents, "r", n < 5 ? database.Gateway : other)));
        var senders = await Task.WhenAll(Enumerable.Range(0, 3).Select(n =>
            database.ConnectNewUserAsync(Transport.WebSocket, n == 0 ? other : database.Gateway)));

        await Task.WhenAll(senders.Select(static async (sender, s) =>
        {
            for (var i = 0; i < 50; i++)
            {
                await sender.SendAsync("chan_in", $"{s}:{i:00}", "r");
            }
        }));
        var received = await Task.WhenAll(members.Select(static async member =>
            (await member.TakeAsync(150)).Select(static message => message.Data).ToArray()));

        Assert.All(received, messages => Assert.Equal(received[0], messages));
        Assert.Equal(150, received[0].Distinct().Count());
        Assert.All(received[0].GroupBy(static text => text[0]), static sent => Assert.Equal(sent.Order(StringComparer.Ordinal), sent));
        await Task.WhenAll(members.Concat(senders).Select(static client => client.DisposeAsync().AsTask()));
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row44_Message_IsDelivered_WhenSentRightAfterJoined(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var member = await database.ConnectNewUserAsync(transport, await backend.OtherGatewayAsync());
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);

        for (var i = 0; i < 20; i++)
        {
            await member.JoinAsync($"r{i}");
            await sender.PublishAsync($"r{i}", "hello");
            await member.ExpectChanOutAsync(sender, $"r{i}", "hello");
        }
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row45_Message_IsRefused_WhenItIsTooLarge(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var sender = await database.ConnectNewUserAsync(transport);
        await using var member = await database.ConnectMemberAsync(transport, "r");
        var large = new string('x', 60 * 1024);

        await sender.PublishAsync("r", large);
        await member.ExpectChanOutAsync(sender, "r", large);
        using var response = await sender.SendTextAsync(
            $$"""{"sid":"{{sender.Sid}}","type":"chan_in","channel":"r","data":"{{new string('x', 70 * 1024)}}"}""");

        if (response is null)
        {
            await sender.ExpectErrorAsync("message too large");
        }
        else
        {
            Assert.Equal((413, "message too large"), ((int)response.StatusCode, await response.Content.ReadAsStringAsync()));
        }

        await sender.PublishAsync("r", "fence");
        await member.ExpectAsync("chan_out", "fence");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row46_ChanIn_MayBeEmpty(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var sender = await database.ConnectNewUserAsync(transport);
        await using var member = await database.ConnectMemberAsync(transport, "r");

        foreach (var data in new[] { "", null })
        {
            await sender.SendAsync("chan_in", data, "r");
            await sender.ExpectAsync("ok", "");
            await member.ExpectChanOutAsync(sender, "r", "");
        }
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row48_Presence_CountsTheMembersOfAllGateways(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var other = await backend.OtherGatewayAsync();
        await using var first = await database.ConnectMemberAsync(transport, "r");
        await using var second = await database.ConnectMemberAsync(transport, "r", other);
        await using var third = await database.ConnectMemberAsync(Transport.WebSocket, "r", other);

        await first.SendAsync("presence", "r");
        var presence = await first.NextAsync();
        await second.SendAsync("presence", "empty");

        Assert.Equal($$"""{"sid":"{{first.Sid}}","type":"presence","data":"3","channel":"r","token":""}""", presence.Raw);
        await second.ExpectAsync("presence", "0");
    }

    [Fact]
    public async Task Row48_Presence_OfARepository_CountsAllMembers_WhateverTheyMayRead()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var first = await database.ConnectMemberAsync(Transport.WebSocket, "db-x_700_");
        await using var second = await database.ConnectMemberAsync(Transport.WebSocket, "db-x_700_", await backend.OtherGatewayAsync());

        Assert.Equal(2, await CountAsync(first, "db-x_700_"));
        await first.SendAsync("leave", "db-x_700_");
        await first.ExpectAsync("left");

        await Eventually.TrueAsync(async () => await CountAsync(second, "db-x_700_") == 1, "a presence of 1", Eventually.Soon);
    }

    private static async Task<int> CountAsync(RealtimeClient client, string channel)
    {
        await client.SendAsync("presence", channel);
        return int.Parse((await client.ExpectAsync("presence")).Data, CultureInfo.InvariantCulture);
    }
}
