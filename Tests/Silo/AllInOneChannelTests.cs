using System.Globalization;
using Realtime.Tests.Clients;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Silo;

/// <summary>Channels of the all-in-one process, where publications don't take turns of a grain.</summary>
public sealed class AllInOneChannelTests(DemoSilo silo)
{
    private const int Messages = 200;
    private const int Visits = 5;

    [Fact]
    public async Task Members_SeeTheSameOrder_AndEachSenderItsOwn_WhileOthersComeAndGo()
    {
        var (database, channel) = (await DatabaseAsync(), $"{Guid.NewGuid()}");
        var members = await Task.WhenAll(Enumerable.Range(0, 6).Select(n =>
            database.ConnectMemberAsync(n % 2 == 0 ? Transport.WebSocket : Transport.ServerSentEvents, channel)));
        var senders = members[..4];

        var visits = ComeAndGoAsync(database, channel);
        await Task.WhenAll(senders.Select(async (sender, s) =>
        {
            for (var i = 0; i < Messages; i++)
            {
                await sender.SendAsync("chan_in", string.Create(CultureInfo.InvariantCulture, $"{s}:{i}"), channel);
            }
        }));

        var seen = new List<string[]>();
        foreach (var (member, m) in members.Select(static (member, m) => (member, m)))
        {
            var taken = await member.TakeAsync((senders.Length * Messages) + Visits + (m < senders.Length ? Messages : 0));
            seen.Add([.. taken.Where(static message => message.Type == "chan_out").Select(static message => message.Data)]);
        }

        Assert.All(seen, order => Assert.Equal(seen[0], order));
        Assert.All(Enumerable.Range(0, senders.Length), s => Assert.Equal(
            Enumerable.Range(0, Messages).Select(i => $"{s}:{i}"),
            seen[0].Where(message => message.StartsWith($"{s}:", StringComparison.Ordinal))));
        foreach (var heard in await visits)
        {
            var beginning = Array.IndexOf(seen[0], heard[0]);
            Assert.Equal(seen[0].Skip(beginning).Take(heard.Count), heard);
        }

        await Task.WhenAll(members.Select(static member => member.DisposeAsync().AsTask()));
    }

    /// <summary>Each comes, speaks, and goes when it hears itself.</summary>
    /// <returns>What each has heard.</returns>
    private static async Task<List<List<string>>> ComeAndGoAsync(TestDatabase database, string channel)
    {
        var visits = new List<List<string>>();
        for (var i = 0; i < Visits; i++)
        {
            await using var visitor = await database.ConnectMemberAsync(Transport.WebSocket, channel);
            await visitor.SendAsync("chan_in", $"visit {i}", channel);
            var heard = new List<string>();
            while (heard is not [.., var last] || last != $"visit {i}")
            {
                var message = (await visitor.TakeAsync(1)).Single();
                if (message.Type == "chan_out")
                {
                    heard.Add(message.Data);
                }
            }

            visits.Add(heard);
        }

        return visits;
    }

    private async Task<TestDatabase> DatabaseAsync() =>
        new(GatewayProcess.At(await silo.AddressAsync()), "", "dev_memory_pk", "safe-to-use-in-dev-root-token");
}
