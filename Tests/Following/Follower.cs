using System.Text.Json;
using System.Threading.Channels;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Following;

/// <summary>
/// A client that joins a repository's channel, reads all documents once it has joined, and follows the events. Its stream
/// may be cut now and then; it comes back as an EventSource does, at whichever gateway.
/// </summary>
/// <param name="database">The database, with the gateway that it reads from.</param>
/// <param name="user">Whom it acts as.</param>
/// <param name="repository">The repository.</param>
/// <param name="plan">How it goes about it.</param>
internal sealed class Follower(TestDatabase database, TestUser user, string repository, FollowPlan plan)
{
    // Small, so that writes come between the pages.
    private const int PageSize = 25;

    private const int MaxReturns = 100;

    private readonly List<FollowedEvent> _events = [];
    private RealtimeClient _client = null!;
    private long _asked;
    private long _joined;
    private int _returns;

    /// <summary>Joins.</summary>
    public async Task JoinAsync()
    {
        _client = await database.ConnectAsync(plan.Transport, user, plan.Gateways[0]);
        _asked = TimeProvider.System.GetTimestamp();
        await _client.JoinAsync("db-" + repository);
        _joined = TimeProvider.System.GetTimestamp();
    }

    /// <summary>Reads, and follows up to the event that ends the run.</summary>
    public async Task<FollowerHistory> FollowAsync(string audience)
    {
        var read = await ReadAsync(isCutMeanwhile: plan.CutEvery > 0);
        while (true)
        {
            var message = await NextAsync();
            Assert.True(message.Type.StartsWith("db_", StringComparison.Ordinal), $"{plan.Name} got {message.Raw}");
            Assert.Equal((_client.Sid, "db-" + repository), (message.Sid, message.Channel));
            if (IsEnd(message))
            {
                break;
            }

            _events.Add(new FollowedEvent(message.Type, message.Data));
            if (plan.CutEvery > 0 && _events.Count % plan.CutEvery == 0)
            {
                await _client.DisposeAsync();
            }
        }

        if (_client.Ended.IsCompleted)
        {
            await ComeBackAsync();
        }

        await _client.ExpectNothingAsync();
        await _client.DisposeAsync();
        Assert.True(_returns > 0 == plan.CutEvery > 0, $"{plan.Name} came back {_returns} times");
        return new FollowerHistory(plan.Name, audience, _asked, _joined, read, _events);
    }

    /// <summary>
    /// Reads all documents that it may read. From the last page to the first: deletions move documents to earlier pages, and
    /// those that are created meanwhile come behind the last one and as events.
    /// </summary>
    public async Task<Dictionary<string, string>> ReadAsync(bool isCutMeanwhile = false)
    {
        var documents = new Dictionary<string, string>();
        var total = (await PageAsync(1)).GetProperty("total").GetInt32();
        for (var page = (total + PageSize - 1) / PageSize; page > 0; page--)
        {
            foreach (var document in (await PageAsync(page)).GetProperty("results").EnumerateArray())
            {
                if (!document.TryGetProperty("end", out _))
                {
                    documents[document.GetProperty("id").GetString()!] = document.GetRawText();
                }
            }

            if (isCutMeanwhile && page == 2)
            {
                await _client.DisposeAsync();
            }
        }

        return documents;
    }

    private Task<JsonElement> PageAsync(int page) =>
        database.SendAsync(HttpMethod.Get, $"/db/{repository}?size={PageSize}&page={page}", user.Token);

    private static bool IsEnd(ServerMessage message) => message.Data.StartsWith('{') && message.Data.Contains("\"end\":true", StringComparison.Ordinal);

    private async Task<ServerMessage> NextAsync()
    {
        while (true)
        {
            try
            {
                return await _client.NextAsync();
            }
            catch (ChannelClosedException)
            {
                // What had arrived before the stream ended was read.
                await ComeBackAsync();
            }
            catch (TimeoutException exception)
            {
                // Whether its stream is alive tells an event that was lost from a stream that stands still.
                var life = _client is SseClient stream ? $"{stream.Comments} heartbeats" : "an open socket";
                throw new TimeoutException($"{plan.Name} got no event after {_events.Count} events and {_returns} returns, with {life} on its connection", exception);
            }
        }
    }

    private async Task ComeBackAsync()
    {
        Assert.True(++_returns < MaxReturns, $"{plan.Name} came back {_returns} times");
        _client = await Assert.IsType<SseClient>(_client).ReconnectAsync(plan.Gateways[_returns % plan.Gateways.Count]);
    }
}

/// <summary>How a follower goes about it.</summary>
/// <param name="Name">For messages.</param>
/// <param name="Transport">How it is connected; only streams of events can be cut.</param>
/// <param name="Gateways">Where it connects first, and where it comes back in turn.</param>
/// <param name="CutEvery">After how many events its stream is cut; 0 for never.</param>
internal sealed record FollowPlan(string Name, Transport Transport, IReadOnlyList<GatewayProcess> Gateways, int CutEvery = 0);
