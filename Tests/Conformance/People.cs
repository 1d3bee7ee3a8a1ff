using System.Text.Json;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Conformance;

/// <summary>The cast of protocol 2.5, all joined to one repository's channel: A and B of one account, C of another.</summary>
internal sealed class People : IAsyncDisposable
{
    private readonly string _channel;

    private People(TestDatabase database, TestUser userA, RealtimeClient a, RealtimeClient b, RealtimeClient c, string channel)
    {
        (Database, UserA, A, B, C, _channel) = (database, userA, a, b, c, channel);
    }

    public TestDatabase Database { get; }

    public TestUser UserA { get; }

    public RealtimeClient A { get; }

    public RealtimeClient B { get; }

    public RealtimeClient C { get; }

    /// <summary>Registers them in a fresh database; B's connection is on the other gateway.</summary>
    public static async Task<People> JoinAsync(RealtimeBackend backend, Transport transport, string repository)
    {
        var channel = "db-" + repository;
        var database = await backend.CreateDatabaseAsync();
        var a = await database.RegisterAsync();
        var b = await database.AddUserAsync(a);
        var c = await database.RegisterAsync();
        return new People(
            database,
            a,
            await database.ConnectMemberAsync(transport, channel, a),
            await database.ConnectMemberAsync(transport, channel, b, await backend.OtherGatewayAsync()),
            await database.ConnectMemberAsync(transport, channel, c),
            channel);
    }

    /// <summary>The next message of each is an event of one document.</summary>
    public async Task ExpectAsync(string type, string id, params RealtimeClient[] members)
    {
        foreach (var member in members)
        {
            var message = await member.ExpectAsync(type);
            var document = JsonDocument.Parse(message.Data).RootElement;
            Assert.Equal(id, type == "db_deleted" ? document.GetString() : document.GetProperty("id").GetString());
            Assert.Equal((member.Sid, _channel, ""), (message.Sid, message.Channel, message.Token));
        }
    }

    /// <summary>Shows that nobody has got more than was expected: the next event of each is one that is caused now.</summary>
    /// <param name="repository">The repository.</param>
    /// <param name="isEveryones">Whether all three may read what one of them has created.</param>
    public async Task ExpectNothingMoreAsync(string repository, bool isEveryones = false)
    {
        foreach (var writer in isEveryones ? [A] : new[] { A, C })
        {
            var created = await Database.SendAsync(HttpMethod.Post, $"/db/{repository}", writer.Token, new { fence = true });
            var id = created.GetProperty("id").GetString()!;
            await ExpectAsync("db_created", id, isEveryones ? [A, B, C] : [writer]);
            if (!isEveryones && writer == A && !repository.EndsWith("00_", StringComparison.Ordinal))
            {
                await ExpectAsync("db_created", id, B);
            }
        }

        if (repository.EndsWith("00_", StringComparison.Ordinal))
        {
            var created = await Database.SendAsync(HttpMethod.Post, $"/db/{repository}", B.Token, new { fence = true });
            await ExpectAsync("db_created", created.GetProperty("id").GetString()!, B);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await A.DisposeAsync();
        await B.DisposeAsync();
        await C.DisposeAsync();
    }
}
