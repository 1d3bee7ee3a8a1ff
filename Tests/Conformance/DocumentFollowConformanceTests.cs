using System.Text.Json;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>Protocol 1.9, 2.2 and 3.3: nothing is missed between reading and following, in order, however much it is.</summary>
public sealed class DocumentFollowConformanceTests(RealtimeBackend backend)
{
    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task ReadAfterJoined_AndTheEvents_HoldEveryWrite(Transport transport)
    {
        const int Writes = 150;
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var reader = await database.ConnectAsync(transport, user, await backend.OtherGatewayAsync());
        var tenth = new TaskCompletionSource();
        async Task WriteAsync()
        {
            for (var n = 0; n < Writes; n++)
            {
                await database.SendAsync(HttpMethod.Post, "/db/x", user.Token, new { n });
                if (n == 10)
                {
                    tenth.SetResult();
                }
            }
        }

        var writing = WriteAsync();
        await tenth.Task.WaitAsync(Eventually.Bound);
        await reader.JoinAsync("db-x");
        var read = await database.SendAsync(HttpMethod.Get, "/db/x?size=100", user.Token);
        await writing;

        var seen = read.GetProperty("results").EnumerateArray().Select(static document => document.GetProperty("n").GetInt32()).ToHashSet();
        Assert.InRange(seen.Count, 11, Writes);
        var followed = new List<int>();
        while (followed.LastOrDefault() != Writes - 1)
        {
            followed.Add(Document(await reader.ExpectAsync("db_created")).GetProperty("n").GetInt32());
        }

        Assert.Equal(followed.Order(), followed);
        Assert.Equal(followed.Distinct().Count(), followed.Count);
        Assert.Equal(Enumerable.Range(0, Writes), seen.Union(followed).Order());
    }

    [Fact]
    public async Task ReadAfterJoined_AndTheEvents_HoldEveryWrite_OfManyWritersAtOnce()
    {
        const int Writers = 5, Writes = 20, Readers = 6;
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var gateways = new[] { database, database with { Gateway = await backend.OtherGatewayAsync() } };
        var count = 0;
        async Task WriteAsync(int writer)
        {
            for (var n = 0; n < Writes; n++)
            {
                await gateways[writer % 2].SendAsync(HttpMethod.Post, "/db/x", user.Token, new { n = (writer * Writes) + n });
                Interlocked.Increment(ref count);
            }
        }

        async Task<List<int>> ReadAndFollowAsync(int reader)
        {
            await using var client = await database.ConnectAsync((Transport)(reader % 2), user, gateways[reader / 2 % 2].Gateway);
            await Eventually.TrueAsync(() => Volatile.Read(ref count) > reader * 10, "the moment to join");
            await client.JoinAsync("db-x");
            var read = await database.SendAsync(HttpMethod.Get, "/db/x?size=100", user.Token);
            var known = read.GetProperty("results").EnumerateArray().Select(static document => document.GetProperty("n").GetInt32()).ToHashSet();
            var followed = new List<int>();
            while (known.Union(followed).Count() < Writers * Writes)
            {
                followed.Add(Document(await client.ExpectAsync("db_created")).GetProperty("n").GetInt32());
            }

            return followed;
        }

        var reading = Enumerable.Range(0, Readers).Select(ReadAndFollowAsync).ToList();
        await Task.WhenAll(Enumerable.Range(0, Writers).Select(WriteAsync));

        foreach (var followed in await Task.WhenAll(reading))
        {
            Assert.Equal(followed.Distinct(), followed);
        }
    }

    [Fact]
    public async Task EventsOfOneDocument_AreInTheOrderOfItsWrites()
    {
        var database = await backend.CreateDatabaseAsync();
        await using var here = await database.ConnectMemberAsync(Transport.WebSocket, "db-x_777_");
        await using var there = await database.ConnectMemberAsync(Transport.ServerSentEvents, "db-x_777_", await backend.OtherGatewayAsync());
        var id = (await database.SendAsync(HttpMethod.Post, "/db/x_777_", here.Token, new { votes = 0 })).GetProperty("id").GetString();

        var gateways = new[] { database, database with { Gateway = await backend.OtherGatewayAsync() } };
        await Task.WhenAll(Enumerable.Range(0, 60).Select(n =>
            gateways[n % 2].SendAsync(HttpMethod.Put, $"/inc/x_777_/{id}", here.Token, new { field = "votes", range = 1 })));

        foreach (var member in new[] { here, there })
        {
            Assert.Equal(Enumerable.Range(0, 61), (await member.TakeAsync(61)).Select(static m => Document(m).GetProperty("votes").GetInt32()));
        }
    }

    [Theory]
    [InlineData(Transport.ServerSentEvents)]
    [InlineData(Transport.WebSocket)]
    public async Task LargestBulkCreate_ReachesEveryMember_InArrayOrder(Transport transport)
    {
        var database = await backend.CreateDatabaseAsync();
        await using var writer = await database.ConnectMemberAsync(transport, "db-x_777_");
        await using var member = await database.ConnectMemberAsync(transport, "db-x_777_", await backend.OtherGatewayAsync());

        // Just below 4 MiB, of characters that are escaped once more in an event: 8 MB wait for each member at once.
        var text = string.Concat(Enumerable.Repeat("\\\"", 2050));
        var body = $"[{string.Join(',', Enumerable.Range(0, 1000).Select(n => $"{{\"n\":{n},\"text\":\"{text}\"}}"))}]";
        await database.SendAsync(HttpMethod.Post, "/db/x_777_?bulk=1", writer.Token, new StringContent(body));

        foreach (var client in new[] { writer, member })
        {
            Assert.Equal(Enumerable.Range(0, 1000), (await client.TakeAsync(1000)).Select(static m => Document(m).GetProperty("n").GetInt32()));
        }
    }

    [Fact]
    public async Task LargeBulkUpdateAndDelete_AnnounceEachDocument_AndCutNobodyOff()
    {
        const int Documents = 3000;
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        for (var i = 0; i < Documents / 1000; i++)
        {
            await database.SendAsync(HttpMethod.Post, "/db/x?bulk=1", user.Token, Enumerable.Range(0, 1000).Select(n => new { n, text = new string('x', 100) }));
        }

        await using var member = await database.ConnectMemberAsync(Transport.WebSocket, "db-x", user, await backend.OtherGatewayAsync());
        var updated = await database.SendAsync(HttpMethod.Put, "/db/x?bulk=1", user.Token, new { update = new { done = true }, clauses = Array.Empty<object>() });
        var deleted = await database.SendAsync(HttpMethod.Delete, "/db/x?bulk=1&x=W10=", user.Token);

        Assert.Equal((Documents, Documents), (updated.GetInt32(), deleted.GetInt32()));
        var events = await member.TakeAsync(2 * Documents);
        Assert.All(events[..Documents], static message => Assert.Equal("db_updated", message.Type));
        Assert.Equal(
            events[..Documents].Select(static m => Document(m).GetProperty("id").GetString()).ToHashSet(),
            events[Documents..].Select(static m => Document(m).GetString()).ToHashSet());
        await member.ExpectNothingAsync();
    }

    private static JsonElement Document(ServerMessage message) => JsonDocument.Parse(message.Data).RootElement;
}
