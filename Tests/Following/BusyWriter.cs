using System.Text.Json;
using Realtime.Tests.Infrastructure;

namespace Realtime.Tests.Following;

/// <summary>A user who creates documents, and changes and deletes those of everybody in its audience.</summary>
/// <param name="log">What all writers have done.</param>
/// <param name="database">The database, with the gateway that the calls go to.</param>
/// <param name="user">The user.</param>
/// <param name="repository">The repository.</param>
/// <param name="seed">Chooses what it does.</param>
internal sealed class BusyWriter(WriteLog log, TestDatabase database, TestUser user, string repository, int seed)
{
    private readonly Random _random = new(seed);
    private readonly string _audience = log.AudienceOf(user);
    private int _stamp;

    /// <summary>Writes a number of times, one after the other; the first ones are creates.</summary>
    public async Task RunAsync(int creates, int writes)
    {
        for (var i = 0; i < writes; i++)
        {
            await (i < creates ? CreateAsync() : _random.Next(10) switch
            {
                < 3 => CreateAsync(),
                < 6 => ChangeAsync(UpdateAsync, isLast: false),
                < 9 => ChangeAsync(IncrementAsync, isLast: false),
                _ => ChangeAsync(DeleteAsync, isLast: true),
            });
        }
    }

    /// <summary>Creates the document that ends a run.</summary>
    public Task EndAsync() => CreateAsync(new { end = true });

    private Task CreateAsync() => CreateAsync(new { stamp = Stamp(), votes = 0 });

    private async Task CreateAsync(object document)
    {
        var began = TimeProvider.System.GetTimestamp();
        var created = await database.SendAsync(HttpMethod.Post, $"/db/{repository}", user.Token, document);
        Add(created.GetProperty("id").GetString()!, new FollowedEvent(FollowedEvent.Created, created.GetRawText()), began);
    }

    private Task ChangeAsync(Func<string, Task> change, bool isLast) =>
        log.Choose(_audience, _random, isLast) is { } id ? change(id) : CreateAsync();

    private async Task UpdateAsync(string id)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (status, document) = await database.TryAsync(HttpMethod.Put, $"/db/{repository}/{id}", user.Token, new { stamp = Stamp() });
        if (IsThere(status))
        {
            Add(id, new FollowedEvent(FollowedEvent.Updated, document!.Value.GetRawText()), began);
        }
    }

    private async Task IncrementAsync(string id)
    {
        var began = TimeProvider.System.GetTimestamp();
        var (status, _) = await database.TryAsync(HttpMethod.Put, $"/inc/{repository}/{id}", user.Token, new { field = "votes", range = 1 });
        if (IsThere(status))
        {
            Add(id, null, began);
        }
    }

    private async Task DeleteAsync(string id)
    {
        var began = TimeProvider.System.GetTimestamp();
        var deleted = await database.SendAsync(HttpMethod.Delete, $"/db/{repository}/{id}", user.Token);
        Assert.Equal(1, deleted.GetInt32());
        Add(id, new FollowedEvent(FollowedEvent.Deleted, JsonSerializer.Serialize(id)), began);
    }

    /// <summary>Somebody else may have deleted a document that was chosen before.</summary>
    private static bool IsThere(int status)
    {
        Assert.True(status is 200 or 404, $"a write was answered {status}");
        return status == 200;
    }

    private string Stamp() => $"{user.Id} {++_stamp}";

    private void Add(string id, FollowedEvent? @event, long began) =>
        log.Add(new AnsweredWrite(_audience, id, @event, began, TimeProvider.System.GetTimestamp()));
}
