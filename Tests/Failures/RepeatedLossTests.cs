using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Failures;

/// <summary>What members notice who stay while one silo after the other is lost.</summary>
[Collection<RunAlone>]
public sealed class RepeatedLossTests
{
    private const int Channels = 12;

    [Fact]
    public async Task Members_ThatJoinedBeforeARecovery_GetEverythingAfterIt_AlsoWhereNobodyHadSpokenBefore()
    {
        await using var backend = await LossyBackend.StartAsync();
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        await using var sender = await ConnectAsync(database, user, backend.Gateways[0]);
        RealtimeClient[] members = [await ConnectAsync(database, user, backend.Gateways[0]), await ConnectAsync(database, user, backend.Gateways[1])];
        foreach (var channel in Enumerable.Range(0, Channels).Select(Name))
        {
            foreach (var member in members)
            {
                await member.JoinAsync(channel);
            }
        }

        // Half of the channels are quiet until a silo is lost.
        await SayAsync("before", Enumerable.Range(0, Channels / 2));
        await backend.Cluster.KillSiloAsync(backend.Cluster.Silos[^1]);
        await SayAsync("between", Enumerable.Range(0, Channels));
        await backend.Cluster.KillSiloAsync(backend.Cluster.Silos[^1]);
        await SayAsync("after", Enumerable.Range(0, Channels));

        foreach (var member in members)
        {
            Assert.False(member.Ended.IsCompleted);
            await member.DisposeAsync();
        }

        async Task SayAsync(string text, IEnumerable<int> channels)
        {
            foreach (var channel in channels.Select(Name))
            {
                await sender.SendAsync("chan_in", text, channel);
                Assert.Equal("ok", (await sender.NextAsync()).Type);
            }

            foreach (var member in members)
            {
                var heard = new List<string>();
                foreach (var _ in channels)
                {
                    var message = await member.ExpectAsync("chan_out");
                    heard.Add($"{message.Channel} {message.Data}");
                }

                Assert.Equal(channels.Select(channel => $"{Name(channel)} {text}").Order(), heard.Order());
            }
        }
    }

    private static string Name(int channel) => $"room{channel}";

    private static async Task<RealtimeClient> ConnectAsync(TestDatabase database, TestUser user, GatewayProcess gateway)
    {
        var client = await database.ConnectAsync(Transport.WebSocket, gateway);
        await client.AuthenticateAsync(user);
        return client;
    }
}
