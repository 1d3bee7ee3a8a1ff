using System.Globalization;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Clients;

/// <summary>What others do while a browser comes and goes: numbered messages in some channels, and documents in a repository, each in one known order.</summary>
internal sealed class NumberedTraffic : IAsyncDisposable
{
    private const string Repository = "tasks_760_";

    private readonly Dictionary<string, List<string>> _sent = Channels.ToDictionary(static channel => channel, static _ => new List<string>());
    private readonly List<(string Channel, RealtimeClient Client)> _senders = [];
    private readonly TestDatabase _database;
    private readonly TestUser _user;

    private NumberedTraffic(TestDatabase database, TestUser user) => (_database, _user) = (database, user);

    /// <summary>The channels, that of the repository with its prefix.</summary>
    public static string[] Channels { get; } = ["room 1", "room 2", "room 3", $"db-{Repository}"];

    /// <summary>Has one sender join each channel, over either transport and through either gateway.</summary>
    /// <param name="database">The database.</param>
    /// <param name="user">As whom documents are written.</param>
    /// <param name="gateways">Two gateways.</param>
    public static async Task<NumberedTraffic> StartAsync(TestDatabase database, TestUser user, GatewayProcess[] gateways)
    {
        var traffic = new NumberedTraffic(database, user);
        (Transport, GatewayProcess)[] ways =
        [
            (Transport.WebSocket, gateways[0]),
            (Transport.ServerSentEvents, gateways[1]),
            (Transport.WebSocket, gateways[1]),
        ];
        foreach (var (channel, (transport, gateway)) in Channels.Zip(ways))
        {
            traffic._senders.Add((channel, await database.ConnectMemberAsync(transport, channel, gateway)));
        }

        return traffic;
    }

    /// <summary>What members of a channel must have read so far, in that order.</summary>
    public IReadOnlyList<string> Sent(string channel) => _sent[channel];

    /// <summary>Sends so many messages in each channel, and writes so many documents, all at the same time; returns when everything is acknowledged.</summary>
    /// <param name="count">How many.</param>
    /// <param name="midway">What happens in the middle.</param>
    public Task SendAsync(int count, Func<Task>? midway = null) => Task.WhenAll(
        _senders.Select((sender, number) => PublishAsync(sender.Channel, sender.Client, count, number == 0 ? midway : null)).Append(WriteAsync(count)));

    /// <summary>Takes a message that a tab has sent, at the one other member that reads along.</summary>
    public async Task TakeAsync(string channel, string text, string sid)
    {
        var message = await _senders.First(sender => sender.Channel == channel).Client.ExpectAsync("chan_out", text);
        Assert.Equal((sid, channel), (message.Sid, message.Channel));
        _sent[channel].Add(text);
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var (_, client) in _senders)
        {
            await client.DisposeAsync();
        }
    }

    private async Task PublishAsync(string channel, RealtimeClient sender, int count, Func<Task>? midway)
    {
        for (var i = 0; i < count; i++)
        {
            if (i == count / 2 && midway is not null)
            {
                await midway();
            }

            var text = string.Create(CultureInfo.InvariantCulture, $"message {Sent(channel).Count}");
            await sender.PublishAsMemberAsync(channel, text);
            _sent[channel].Add(text);
        }
    }

    private async Task WriteAsync(int count)
    {
        var events = _sent[Channels[^1]];
        for (var i = 0; i < count; i++)
        {
            var document = await _database.SendAsync(HttpMethod.Post, $"/db/{Repository}", _user.Token, new { number = i });
            events.Add($"db_created {document.GetRawText()}");
            var path = $"/db/{Repository}/{document.GetProperty("id").GetString()}";
            document = await _database.SendAsync(HttpMethod.Put, path, _user.Token, new { done = true });
            events.Add($"db_updated {document.GetRawText()}");
            await _database.SendAsync(HttpMethod.Delete, path, _user.Token);
            events.Add($"db_deleted {document.GetProperty("id").GetRawText()}");
        }
    }
}
