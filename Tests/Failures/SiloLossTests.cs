using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Failures;

/// <summary>What members of channels notice when a silo is lost: nothing.</summary>
[Collection<RunAlone>]
public sealed class SiloLossTests
{
    private const int Channels = 24;
    private const int MinMessagesPerChannel = 40;

    [Fact]
    public async Task Members_StayConnected_AndGetEverythingAcceptedOnceAndInOneOrder()
    {
        await using var backend = await LossyBackend.StartAsync();
        var database = await backend.CreateDatabaseAsync();
        var user = await database.RegisterAsync();
        var rooms = await Task.WhenAll(Enumerable.Range(0, Channels).Select(i => Room.OpenAsync(backend, database, user, $"room{i}")));

        using var enough = new CancellationTokenSource();
        var talks = rooms.Select(room => room.TalkAsync(MinMessagesPerChannel, enough.Token)).ToList();
        await Task.WhenAll(rooms.Select(static room => room.HasBegun));
        await backend.Cluster.KillSiloAsync(backend.Cluster.Silos[1]);
        await Task.WhenAll(rooms.Select(static room => room.NextAccepted));
        await enough.CancelAsync();
        await Task.WhenAll(talks);

        foreach (var room in rooms)
        {
            await room.CheckAsync();
        }
    }

    /// <summary>A channel with a member on each gateway, and somebody who sends into it.</summary>
    private sealed class Room(string name, RealtimeClient sender, IReadOnlyList<RealtimeClient> members)
    {
        private readonly TaskCompletionSource _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly List<string> _accepted = [];
        private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task HasBegun => _begun.Task;

        /// <summary>Completes when a message is accepted that is sent from now on.</summary>
        public Task NextAccepted => (_next = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

        public static async Task<Room> OpenAsync(LossyBackend backend, TestDatabase database, TestUser user, string name)
        {
            var clients = new List<RealtimeClient>();
            foreach (var gateway in backend.Gateways.Append(backend.Gateways[0]))
            {
                var client = await database.ConnectAsync(clients.Count == 1 ? Transport.ServerSentEvents : Transport.WebSocket, gateway);
                await client.AuthenticateAsync(user);
                clients.Add(client);
            }

            await clients[0].JoinAsync(name);
            await clients[1].JoinAsync(name);
            return new Room(name, clients[2], clients[..2]);
        }

        public async Task TalkAsync(int atLeast, CancellationToken enough)
        {
            for (var i = 0; i < atLeast || !enough.IsCancellationRequested; i++)
            {
                var next = _next;
                await sender.SendAsync("chan_in", $"{i}", name);
                var reply = await sender.NextAsync();
                Assert.Equal("ok", reply.Type);
                _accepted.Add($"{i}");
                next.TrySetResult();
                if (i == 10)
                {
                    _begun.SetResult();
                }
            }
        }

        public async Task CheckAsync()
        {
            await sender.SendAsync("chan_in", "end", name);
            Assert.Equal("ok", (await sender.NextAsync()).Type);
            foreach (var member in members)
            {
                var received = new List<string>();
                while (await member.ExpectAsync("chan_out") is { Data: not "end" } message)
                {
                    received.Add(message.Data);
                }

                Assert.Equal(_accepted, received);
                Assert.False(member.Ended.IsCompleted);
                await member.DisposeAsync();
            }

            await sender.DisposeAsync();
        }
    }
}
