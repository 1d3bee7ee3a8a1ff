using System.Diagnostics.Metrics;
using Microsoft.Extensions.Diagnostics.Metrics.Testing;
using Realtime.Gateway.Telemetry;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Telemetry;

/// <summary>What an operator sees move when clients do something. Each test has a gateway of its own.</summary>
public sealed class GatewayMetricsTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents, "sse")]
    [InlineData(Transport.WebSocket, "websocket")]
    public async Task Connections_AreCounted_WhileTheyAreOpenAndWhenTheyEnd(Transport transport, string tag)
    {
        await using var gateway = await backend.StartGatewayAsync();
        using var open = Collect<int>(gateway, "connections");
        using var opened = Collect<long>(gateway, "connections.opened");
        using var ended = Collect<long>(gateway, "connections.ended");
        using var slots = Collect<int>(gateway, "slots");
        var database = await backend.CreateDatabaseAsync();

        var client = await database.ConnectNewUserAsync(transport, gateway);
        Assert.Equal((1, 1), (Observe(open, ("transport", tag)), Observe(slots)));
        Assert.Equal((1, 0), (Sum(opened, ("transport", tag)), Sum(ended)));

        await client.DisposeAsync();
        await Eventually.TrueAsync(() => Sum(ended, ("transport", tag), ("reason", "client_left")) == 1, "the end to be counted");
        Assert.Equal(0, Observe(open, ("transport", tag)));
        await Eventually.TrueAsync(() => Observe(slots) == 0, "the slot to be free");
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents, "sse")]
    [InlineData(Transport.WebSocket, "websocket")]
    public async Task Messages_AreCounted_OnTheirWayInAndOut(Transport transport, string tag)
    {
        await using var gateway = await backend.StartGatewayAsync();
        using var commands = Collect<long>(gateway, "commands");
        using var messages = Collect<long>(gateway, "messages.sent");
        using var bytes = Collect<long>(gateway, "sent");
        using var receivers = Collect<int>(gateway, "fanout");
        using var lag = Collect<double>(gateway, "inbox.lag");
        using var channels = Collect<int>(gateway, "channels");
        var database = await backend.CreateDatabaseAsync();
        await using var first = await database.ConnectMemberAsync(transport, "r", gateway);
        await using var second = await database.ConnectMemberAsync(transport, "r", gateway);

        await first.PublishAsMemberAsync("r", new string('x', 1000));
        await second.ExpectAsync("chan_out");

        Assert.Equal((2, 2, 1), (Sum(commands, ("command", "auth")), Sum(commands, ("command", "join")), Sum(commands, ("command", "chan_in"))));
        Assert.Equal(1, Observe(channels));
        Assert.Contains(receivers.GetMeasurementSnapshot(), static measured => measured.Value == 2);
        Assert.All(lag.GetMeasurementSnapshot(), static measured => Assert.InRange(measured.Value, 0, Eventually.Bound.TotalSeconds));

        // init, token, joined for both, then ok and chan_out twice. Written and counted are two moments.
        await Eventually.TrueAsync(() => Observe(messages, ("transport", tag)) == 9, "nine messages to be counted");
        Assert.InRange(Observe(bytes, ("transport", tag)), 2000, 20_000);
    }

    [Fact]
    public async Task Commands_AreCountedAsRefused_WhenTheyComeTooFast()
    {
        await using var gateway = await backend.StartGatewayAsync(
            ("Realtime:Limits:CommandBurst", "5"), ("Realtime:Limits:CommandsPerSecond", "1"));
        using var refused = Collect<long>(gateway, "commands.refused");
        using var commands = Collect<long>(gateway, "commands");
        var database = await backend.CreateDatabaseAsync();
        await using var client = await database.ConnectNewUserAsync(Transport.WebSocket, gateway);

        for (var i = 0; i < 30; i++)
        {
            await client.SendAsync("echo", "x");
        }

        var accepted = (await client.TakeAsync(30)).Count(static reply => reply.Type == "echo");
        Assert.Equal((30 - accepted, accepted), ((int)Sum(refused, ("reason", "rate")), (int)Sum(commands, ("command", "echo"))));
    }

    [Fact]
    public async Task Connections_AreCountedAsRefused_WhenThePlanIsFull()
    {
        await using var gateway = await backend.StartGatewayAsync();
        using var refused = Collect<long>(gateway, "connections.refused");
        var database = await backend.CreateDatabaseAsync("idea") with { Gateway = gateway };
        var clients = await Task.WhenAll(Enumerable.Range(0, 25).Select(_ => database.ConnectAsync(Transport.ServerSentEvents)));

        using var answer = await SseClient.RequestAsync(database, gateway);

        Assert.Equal(429, (int)answer.StatusCode);
        Assert.Equal(1, Sum(refused, ("reason", "plan_limit")));
        await Task.WhenAll(clients.Select(static client => client.DisposeAsync().AsTask()));
    }

    [Fact]
    public async Task SlowReader_IsSeenWaiting_AndThenCutOff()
    {
        await using var gateway = await backend.StartGatewayAsync(("Realtime:Limits:OutboxBytes", "1048576"));
        using var ended = Collect<long>(gateway, "connections.ended");
        using var largest = Collect<long>(gateway, "outbox.largest");
        var database = await backend.CreateDatabaseAsync() with { Gateway = gateway };
        var user = await database.RegisterAsync();
        await using var sender = await database.ConnectNewUserAsync(Transport.WebSocket);
        var (slow, sid) = await RawConnection.OpenWebSocketWithSidAsync(gateway);
        await using var disposed = slow;
        Assert.Equal((200, "true"), await database.PostAsync(sid, user.Token, "auth", user.Token));
        await Eventually.TrueAsync(
            async () => await database.PostAsync(sid, user.Token, "join", "r") == (200, "true"), "the connection to belong to the database");

        var waiting = 0L;
        await Eventually.TrueAsync(
            async () =>
            {
                await sender.PublishAsync("r", new string('x', 60_000));
                waiting = Math.Max(waiting, Observe(largest));
                return Sum(ended, ("transport", "websocket"), ("reason", "slow_reader")) == 1;
            },
            "the slow reader to be cut off");

        // The message that it is too much with counts for a moment, too.
        Assert.InRange(waiting, 60_000, 1_048_576 + 100_000);
    }

    private static MetricCollector<T> Collect<T>(GatewayProcess gateway, string name)
        where T : struct => new(gateway.Services.GetRequiredService<IMeterFactory>(), GatewayMetrics.MeterName, $"realtime.gateway.{name}");

    private static long Sum(MetricCollector<long> collector, params (string Key, object? Value)[] tags) =>
        collector.GetMeasurementSnapshot().ContainsTags(Tags(tags)).Sum(static measured => measured.Value);

    private static T Observe<T>(MetricCollector<T> collector, params (string Key, object? Value)[] tags)
        where T : struct
    {
        collector.RecordObservableInstruments();
        return collector.GetMeasurementSnapshot().ContainsTags(Tags(tags)).Last().Value;
    }

    private static KeyValuePair<string, object?>[] Tags((string Key, object? Value)[] tags) =>
        [.. tags.Select(static tag => KeyValuePair.Create(tag.Key, tag.Value))];
}
