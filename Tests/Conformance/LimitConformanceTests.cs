using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Acceptance rows: limits: the plan <c>idea</c> has 25 connections.</summary>
public sealed class LimitConformanceTests(RealtimeBackend backend)
{
    [Fact]
    public async Task Row78_79_Stream_IsRefused_WhenThePlanIsFull_UntilOneEnds()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var other = await backend.OtherGatewayAsync();
        await using var open = await Crowd.OpenAsync(25, n => database.ConnectAsync(Transport.ServerSentEvents, n % 2 == 0 ? other : null));

        using var refused = await SseClient.RequestAsync(database, database.Gateway);

        Assert.Equal((429, "connection limit reached"), ((int)refused.StatusCode, await refused.Content.ReadAsStringAsync()));
        Assert.Equal("text/plain", refused.Content.Headers.ContentType!.MediaType);
        Assert.Equal(TimeSpan.FromSeconds(30), refused.Headers.RetryAfter!.Delta);
        Assert.Equal(429, await RequestAsync(database, other));
        await Task.WhenAll(open.Clients.Select(static client => client.ExpectNothingAsync()));

        await open.Clients[0].DisposeAsync();
        await Eventually.TrueAsync(async () => await RequestAsync(database, database.Gateway) == 200, "a freed slot", Eventually.Soon);
    }

    [Fact]
    public async Task Row80_OneSlot_IsGrantedOnce_WhenManyAskAtOnce()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var other = await backend.OtherGatewayAsync();
        await using var open = await Crowd.OpenAsync(24, n => database.ConnectAsync(Transport.ServerSentEvents));

        var answers = await Task.WhenAll(Enumerable.Range(0, 10).Select(n => SseClient.RequestAsync(database, n % 2 == 0 ? database.Gateway : other)));

        Assert.Equal([200, .. Enumerable.Repeat(429, 9)], answers.Select(static answer => (int)answer.StatusCode).Order());
        Array.ForEach(answers, static answer => answer.Dispose());
    }

    [Fact]
    public async Task Row81_82_WebSocket_IsRefused_WhenThePlanIsFull()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var user = await database.RegisterAsync();
        await using var open = await Crowd.OpenAsync(25, n => database.ConnectAsync(Transport.ServerSentEvents));
        await using var socket = (WebSocketClient)await database.ConnectAsync(Transport.WebSocket);

        await socket.SendAsync("auth", user.Token);
        await socket.ExpectErrorAsync("connection limit reached");
        await socket.ExpectEndAsync();
        var status = await WebSocketClient.RefusedAsync(database.Gateway, $"?sbpk={database.PublicKey}");

        Assert.Equal(1013, socket.CloseCode);
        Assert.Equal(429, status);
    }

    [Fact]
    public async Task Row81_WebSockets_CountAsSoonAsTheirDatabaseIsKnown()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var user = await database.RegisterAsync();
        await using var unknown = await Crowd.OpenAsync(5, n => database.ConnectAsync(Transport.WebSocket));
        await using var open = await Crowd.OpenAsync(25, n => database.ConnectAsync(Transport.WebSocket, user));

        Assert.Equal(429, await RequestAsync(database, database.Gateway));
        await unknown.Clients[0].SendAsync("auth", user.Token);

        await unknown.Clients[0].ExpectErrorAsync("connection limit reached");
        await open.Clients[0].AuthenticateAsync(user);
    }

    [Fact]
    public async Task Row83_84_Limit_IsOfTheTenant()
    {
        var first = await backend.CreateDatabaseAsync("idea");
        var second = await first.Gateway.Operator.CreateDatabaseAsync(first.Gateway, first.TenantId);
        var stranger = await backend.CreateDatabaseAsync("idea");
        await using var open = await Crowd.OpenAsync(25, n => (n < 13 ? first : second).ConnectAsync(Transport.ServerSentEvents));

        var statuses = new[] { await RequestAsync(first, first.Gateway), await RequestAsync(second, first.Gateway), await RequestAsync(stranger, first.Gateway) };

        Assert.Equal([429, 429, 200], statuses);
    }

    [Fact]
    public async Task Row85_LargerPlan_TakesEffectAtOnce_AndASmallerOneEndsNobody()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        await using var open = await Crowd.OpenAsync(25, n => database.ConnectAsync(Transport.ServerSentEvents));
        Assert.Equal(429, await RequestAsync(database, database.Gateway));

        await SetPlanAsync(database, "launch");
        await using var further = await Crowd.OpenAsync(5, n => database.ConnectAsync(Transport.ServerSentEvents));
        await SetPlanAsync(database, "idea");

        Assert.Equal(429, await RequestAsync(database, database.Gateway));
        await Task.WhenAll(open.Clients.Concat(further.Clients).Select(static client => client.ExpectNothingAsync()));
    }

    [Fact]
    public async Task HttpCalls_AreNotCounted()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var user = await database.RegisterAsync();
        await using var open = await Crowd.OpenAsync(25, n => database.ConnectAsync(Transport.ServerSentEvents));

        await database.SendAsync(HttpMethod.Get, "/me", user.Token);

        Assert.Equal((200, "true"), await database.PostAsync(open.Clients[0].Sid, user.Token, "echo", "x"));
    }

    private static Task SetPlanAsync(TestDatabase database, string plan) =>
        database.Gateway.Operator.SendAsync(HttpMethod.Put, $"/operator/tenants/{database.TenantId}/plan", new { plan });

    /// <summary>Asks for a stream and gives it back at once.</summary>
    private static async Task<int> RequestAsync(TestDatabase database, GatewayProcess gateway)
    {
        using var response = await SseClient.RequestAsync(database, gateway);
        return (int)response.StatusCode;
    }

    /// <summary>Many connections.</summary>
    private sealed class Crowd(RealtimeClient[] clients) : IAsyncDisposable
    {
        public RealtimeClient[] Clients => clients;

        public static async Task<Crowd> OpenAsync(int count, Func<int, Task<RealtimeClient>> open) =>
            new(await Task.WhenAll(Enumerable.Range(0, count).Select(open)));

        public async ValueTask DisposeAsync() => await Task.WhenAll(clients.Select(static client => client.DisposeAsync().AsTask()));
    }
}
