using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: channels: who gets what.</summary>
public sealed class ChannelConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row25_Join_AnswersOnceWithTheName(Transport transport)
    {
        const string Name = "25ti97wIt56swf5210aPo854Uoma";
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(transport);

        await client.SendAsync("join", Name);
        var joined = await client.NextAsync();

        Assert.Equal($$"""{"sid":"{{client.Sid}}","type":"joined","data":"{{Name}}","channel":"{{Name}}","token":""}""", joined.Raw);
        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row26_27_ChanIn_ReachesEveryMember_WithTheSendersSidAndNoToken(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var sender = await database.ConnectMemberAsync(transport, "r");
        await using var member = await database.ConnectMemberAsync(transport, "r");
        var expected = $$"""{"sid":"{{sender.Sid}}","type":"chan_out","data":"hello all","channel":"r","token":""}""";

        await sender.SendAsync("chan_in", "hello all", "r");
        var own = await sender.TakeAsync(2);
        var received = await member.NextAsync();

        Assert.Equal(expected, received.Raw);
        Assert.Equal(
            [expected, $$"""{"sid":"{{sender.Sid}}","type":"ok","data":"","channel":"","token":""}"""],
            own.OrderBy(static message => message.Type, StringComparer.Ordinal).Select(static message => message.Raw));
        await sender.ExpectNothingAsync();
        await member.ExpectNothingAsync();
    }

    [Theory]
    [InlineData("""{\"name\":\"dominic\",\"message\":\"hello from Québec\"}""")]
    [InlineData("""\u00e4 🎉 \" \\ \/ / \b \f \n \r \t \u0000 \u0001 \u2028 <script>&'""")]
    [InlineData("""a \ud800 lonely half and \udfff another""")]
    public async Task Row28_ChanOut_CarriesTheTextUnchanged(string escaped)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        await using var streaming = await database.ConnectMemberAsync(Transport.ServerSentEvents, "r");
        await using var socket = await database.ConnectMemberAsync(Transport.WebSocket, "r", await backend.OtherGatewayAsync());

        await sender.SendTextAsync($$"""{"type":"chan_in","channel":"r","data":"{{escaped}}"}""");
        await sender.ExpectAsync("ok");

        var expected = $$"""{"sid":"{{sender.Sid}}","type":"chan_out","data":"{{escaped}}","channel":"r","token":""}""";
        Assert.Equal(expected, (await streaming.NextAsync()).Raw);
        Assert.Equal(expected, (await socket.NextAsync()).Raw);
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row29_ChanIn_ReachesOnlyItsOwnChannel(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var sender = await database.ConnectMemberAsync(transport, "r1");
        await using var other = await database.ConnectMemberAsync(transport, "r2");

        await sender.PublishAsMemberAsync("r1", "hello");
        await sender.PublishAsync("r2", "fence");

        await other.ExpectChanOutAsync(sender, "r2", "fence");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row30_ChanIn_IsAccepted_WhenSenderIsNoMember(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var sender = await database.ConnectNewUserAsync(transport);
        await using var member = await database.ConnectMemberAsync(transport, "r");

        await sender.PublishAsync("r", "hello");
        await member.ExpectChanOutAsync(sender, "r", "hello");

        await sender.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row31_33_Commands_AreRefused_WhenTheyNameNoChannel(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(transport);
        string[] commands =
        [
            "\"type\":\"chan_in\",\"data\":\"x\"", "\"type\":\"chan_in\",\"data\":\"x\",\"channel\":null",
            "\"type\":\"chan_in\",\"data\":\"x\",\"channel\":\"\"", "\"type\":\"join\",\"data\":\"\"", "\"type\":\"join\"",
            "\"type\":\"join\",\"data\":null", "\"type\":\"presence\",\"data\":\"\"", "\"type\":\"leave\"",
        ];

        foreach (var command in commands)
        {
            using var response = await client.SendTextAsync($$"""{"sid":"{{client.Sid}}",{{command}}}""");
            await client.ExpectErrorAsync("no channel was specified");
        }

        await client.ExpectNothingAsync();
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row32_ChanIn_IsRefused_WhenChannelIsOfARepository(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "db-tasks");
        foreach (var channel in new[] { "DB-tasks", "Db-x", "db-", "db-not a repository" })
        {
            await client.JoinAsync(channel);
        }

        foreach (var channel in new[] { "db-tasks", "DB-tasks", "Db-x", "db-", "dB-", "db-not a repository", "db-" + new string('x', 300) })
        {
            await client.SendAsync("chan_in", "hello", channel);
            await client.ExpectErrorAsync("you cannot write to database channel");
        }

        await database.SendAsync(HttpMethod.Post, "/db/tasks", client.Token, new { fence = true });
        await client.ExpectAsync("db_created");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row34_JoinTwice_IsOneMembership(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "r");
        await using var sender = await database.ConnectNewUserAsync(transport);

        await client.JoinAsync("r");
        await sender.PublishAsync("r", "once");
        await sender.PublishAsync("r", "fence");

        await client.ExpectAsync("chan_out", "once");
        await client.ExpectAsync("chan_out", "fence");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row35_Member_GetsEachOfManyChannelsOnce(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        var channels = Enumerable.Range(1, 20).Select(static n => $"r{n}").ToArray();
        await using var client = await database.ConnectNewUserAsync(transport);
        await using var sender = await database.ConnectNewUserAsync(transport);

        foreach (var channel in channels)
        {
            await client.JoinAsync(channel);
        }

        foreach (var channel in channels)
        {
            await sender.PublishAsync(channel, channel);
            await sender.PublishAsync(channel, "fence");
        }

        var received = await client.TakeAsync(channels.Length * 2);
        foreach (var channel in channels)
        {
            Assert.Equal([channel, "fence"], received.Where(message => message.Channel == channel).Select(static message => message.Data));
        }
    }

    [Fact]
    public async Task Row40_Channels_ArePrivateToTheirDatabase()
    {
        var first = await backend.CreateDatabaseAsync();
        var second = await first.Gateway.Operator.CreateDatabaseAsync(first.Gateway, first.TenantId);
        await using var sender = await first.ConnectMemberAsync(Transport.WebSocket, "lobby");
        await using var stranger = await second.ConnectMemberAsync(Transport.WebSocket, "lobby");
        await using var fence = await second.ConnectNewUserAsync(Transport.WebSocket);

        await sender.PublishAsMemberAsync("lobby", "hello");
        await fence.PublishAsync("lobby", "fence");

        await stranger.ExpectChanOutAsync(fence, "lobby", "fence");
        await stranger.SendAsync("presence", "lobby");
        await stranger.ExpectAsync("presence", "1");
    }

    [Fact]
    public async Task Row41_Sbsys_IsAnOrdinaryChannel()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(Transport.WebSocket, "sbsys");
        await using var sender = await database.ConnectMemberAsync(Transport.WebSocket, "r");

        await database.SendAsync(HttpMethod.Post, "/db/x", sender.Token, new { a = 1 });
        await sender.PublishAsMemberAsync("r", "hello");
        await sender.PublishAsync("sbsys", "fence");

        await client.ExpectChanOutAsync(sender, "sbsys", "fence");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Row47_Join_TellsTheOthersNothing(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "r");

        await using var newcomer = await database.ConnectMemberAsync(transport, "r");
        await newcomer.PublishAsMemberAsync("r", "fence");

        await client.ExpectChanOutAsync(newcomer, "r", "fence");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task Leave_EndsTheMembership_AndAnswersAlsoWhenThereIsNone(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectMemberAsync(transport, "r");
        await using var sender = await database.ConnectNewUserAsync(transport);

        foreach (var name in new[] { "r", "r", "never joined", "db-x" })
        {
            await client.SendAsync("leave", name);
            Assert.Equal(name, (await client.ExpectAsync("left", name)).Channel);
        }

        await sender.PublishAsync("r", "not for it");
        await client.JoinAsync("r");
        await sender.PublishAsync("r", "fence");

        await client.ExpectChanOutAsync(sender, "r", "fence");
    }
}
