using System.Globalization;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.9: a client comes back while the server still holds its old stream.</summary>
public sealed class TakeoverConformanceTests(RealtimeBackend backend)
{
    // The limit of the plan "idea".
    private const int PlanLimit = 25;

    [Fact]
    public async Task Slot_OfAStreamThatIsStillOpen_GoesToItsSuccessor_HoweverFullThePlan()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var client = (SseClient)await database.ConnectMemberAsync(Transport.ServerSentEvents, "room");
        var others = await FillAsync(database, PlanLimit - 1);
        using var done = new CancellationTokenSource();
        var rivals = CompeteAsync(database, done.Token);

        for (var i = 0; i < 10; i++)
        {
            var former = client;
            client = await former.ReconnectAsync(i % 2 == 0 ? await backend.OtherGatewayAsync() : await backend.GatewayAsync());
            await client.ExpectNothingAsync();
            await former.ExpectEndAsync();
            await former.DisposeAsync();
        }

        await done.CancelAsync();
        Assert.True(await rivals > 0, "nobody has tried to get in between");
        await DisposeAsync([client, .. others]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SocketOfTheSameSession_NeedsNoSecondSlot(bool isKeyed)
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var query = isKeyed ? $"?sbpk={database.PublicKey}" : "";
        await using var client = await WebSocketClient.ResumableAsync(database, await database.RegisterAsync(), "room");
        await client.AbortAsync();
        var others = await FillAsync(database, PlanLimit - 1);

        await using var back = await client.ReconnectAsync(await backend.OtherGatewayAsync(), query: query);
        await back.ExpectAsync("resumed");
        await back.ExpectNothingAsync();

        // All are taken, and not more: one goes, one comes.
        await ExpectNoSlotAsync(database);
        await others[0].DisposeAsync();
        others[0] = await ConnectWhenFreeAsync(database);
        await ExpectNoSlotAsync(database);
        await DisposeAsync(others);
    }

    [Fact]
    public async Task KeyedSocket_KeepsItsSlot_WhenItsSessionCannotGoOn()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        var user = await database.RegisterAsync();
        await using var client = await WebSocketClient.ResumableAsync(database, user, "room");
        await client.DisposeAsync();
        var others = await FillAsync(database, PlanLimit - 1);

        await using var back = await client.ReconnectAsync(query: $"?sbpk={database.PublicKey}");
        back.Sid = (await back.ExpectAsync("init")).Data;
        await back.AuthenticateAsync(user);

        await ExpectNoSlotAsync(database);
        await back.DisposeAsync();
        others.Add(await ConnectWhenFreeAsync(database));
        await DisposeAsync(others);
    }

    [Fact]
    public async Task SessionThatComesBackByASocket_IsRefused_WhenItsPlanIsFull()
    {
        var database = await backend.CreateDatabaseAsync("idea");
        await using var client = await WebSocketClient.ResumableAsync(database, await database.RegisterAsync(), "room");
        await client.AbortAsync();
        var others = await FillAsync(database, PlanLimit);

        await using var back = await client.ReconnectAsync();

        await back.ExpectErrorAsync("connection limit reached");
        await back.ExpectEndAsync();
        Assert.Equal(1013, back.CloseCode);
        await others[0].DisposeAsync();
        await Eventually.TrueAsync(
            async () =>
            {
                // Refused as long as the server hasn't noticed that somebody has left.
                await using var again = await client.ReconnectAsync();
                return (await again.TakeAsync(1)).Single().Type == "resumed";
            },
            "a free slot");
        await DisposeAsync(others);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Commands_ThatWereTakenDuringATakeover_AreAllRunOnce(bool elsewhere)
    {
        const int Rounds = 10;
        const int Burst = 60;
        var database = await backend.CreateDatabaseAsync();
        var listener = await database.ConnectMemberAsync(Transport.WebSocket, "room");
        var client = (SseClient)await database.ConnectNewUserAsync(Transport.ServerSentEvents);
        var accepted = new List<string>();
        for (var round = 0; round < Rounds; round++)
        {
            var texts = Enumerable.Range(round * Burst, Burst).Select(static i => i.ToString(CultureInfo.InvariantCulture)).ToArray();
            var former = client;


            // Takes a while, so that what follows queues.
            await database.PostAsync(former.Sid, former.Token, "join", $"{round}", gateway: former.Gateway);
            var posts = texts.Select(text => database.PostAsync(former.Sid, former.Token, "chan_in", text, "room", former.Gateway)).ToArray();
            client = await former.ReconnectAsync(elsewhere && round % 2 == 0 ? await backend.OtherGatewayAsync() : await backend.GatewayAsync());
            var answers = await Task.WhenAll(posts);
            accepted.AddRange(texts.Where((_, i) => answers[i] == (200, "true")));
            await former.DisposeAsync();
        }

        Assert.Equal(Rounds * Burst, accepted.Count);
        var heard = await listener.TakeAsync(accepted.Count);
        Assert.Equal(accepted.Order(), heard.Select(static message => message.Data).Order());
        await listener.ExpectNothingAsync();
        await DisposeAsync([client, listener]);
    }

    private static async Task<List<RealtimeClient>> FillAsync(TestDatabase database, int count)
    {
        var clients = new List<RealtimeClient>();
        for (var i = 0; i < count; i++)
        {
            clients.Add(await database.ConnectAsync(Transport.ServerSentEvents));
        }

        return clients;
    }

    private static async Task<int> CompeteAsync(TestDatabase database, CancellationToken done)
    {
        var attempts = 0;
        while (!done.IsCancellationRequested)
        {
            await ExpectNoSlotAsync(database);
            attempts++;
        }

        return attempts;
    }

    private static async Task<RealtimeClient> ConnectWhenFreeAsync(TestDatabase database)
    {
        RealtimeClient? client = null;
        await Eventually.TrueAsync(
            async () =>
            {
                try
                {
                    client = await database.ConnectAsync(Transport.ServerSentEvents);
                }
                catch (Xunit.Sdk.EqualException)
                {
                    // Refused: the server hasn't noticed yet that somebody has left.
                }

                return client is not null;
            },
            "a free slot");
        return client!;
    }

    /// <summary>Asks for a stream, and is refused or sent away to come back, but never given one.</summary>
    private static async Task ExpectNoSlotAsync(TestDatabase database)
    {
        using var response = await SseClient.RequestAsync(database, database.Gateway);
        if (response.StatusCode != System.Net.HttpStatusCode.TooManyRequests)
        {
            Assert.True(response.IsSuccessStatusCode, $"status {(int)response.StatusCode}");
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync());
            while (await reader.ReadLineAsync() is { } line)
            {
                Assert.DoesNotContain("init", line, StringComparison.Ordinal);
            }
        }
    }

    private static async Task DisposeAsync(IEnumerable<RealtimeClient> clients)
    {
        foreach (var client in clients)
        {
            await client.DisposeAsync();
        }
    }
}
