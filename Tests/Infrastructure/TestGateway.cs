using System.Collections.Concurrent;
using Realtime.Gateways;
using Realtime.Sessions;

namespace Realtime.Tests.Infrastructure;

/// <summary>A gateway as the grains see it: it records what it is told and states what it is given to state.</summary>
internal sealed class TestGateway : IGatewayObserver
{
    // Orleans holds the target of a reference weakly, and a test that doesn't look at the gateway again holds nothing.
    private static readonly ConcurrentBag<TestGateway> Registered = [];

    /// <summary>What was broadcast: <c>database/userId</c>, or <c>database</c> when it was removed.</summary>
    public ConcurrentQueue<string> Told { get; } = new();

    /// <summary>What it answers when a quota grain asks.</summary>
    public Func<string, Task<int>> CountSlots { get; set; } = static _ => Task.FromResult(0);

    /// <summary>What it answers to a command for one of its connections.</summary>
    public Func<Guid, SessionPost, PostOutcome> Post { get; set; } = static (_, _) => PostOutcome.UnknownSession;

    /// <summary>Awaited before it answers to a command.</summary>
    public Func<Task> BeforePost { get; set; } = static () => Task.CompletedTask;

    /// <summary>What it knows of a channel.</summary>
    public Func<string, long, ChannelTail> CollectTail { get; set; } = static (_, _) => new ChannelTail(0, default, []);

    /// <summary>Awaited before a broadcast is answered.</summary>
    public Task Answer { get; set; } = Task.CompletedTask;

    public string Id { get; } = Identifiers.NewId();

    public async Task<PostOutcome> PostAsync(Guid connection, SessionPost post)
    {
        await BeforePost();
        return Post(connection, post);
    }

    public Task<bool> ReplyAsync(Guid sid, ReadOnlyMemory<byte> reply) => throw new NotSupportedException();

    public Task IdentityChangedAsync(string database, string userId) => RecordAsync($"{database}/{userId}");

    public Task DatabaseRemovedAsync(string database) => RecordAsync(database);

    public Task<int> CountSlotsAsync(string tenantId) => CountSlots(tenantId);

    public Task<ChannelTail> CollectTailAsync(string channelKey, long epoch, int maxBytes) => Task.FromResult(CollectTail(channelKey, epoch));

    /// <summary>What it gives away of a session.</summary>
    public Func<Guid, Task<SessionRecord?>> ReleaseSession { get; set; } = static _ => Task.FromResult<SessionRecord?>(null);

    /// <summary>Whether it takes a session.</summary>
    public Func<Guid, SessionRecord, bool> AdoptSession { get; set; } = static (_, _) => false;

    /// <summary>Whether it holds a session of a generation.</summary>
    public Func<Guid, long, bool> HoldsSession { get; set; } = static (_, _) => true;

    public Task<bool> HoldsSessionAsync(Guid sid, long generation) => Task.FromResult(HoldsSession(sid, generation));

    public Task<SessionRecord?> ReleaseSessionAsync(Guid sid) => ReleaseSession(sid);

    public Task<bool> AdoptSessionAsync(Guid sid, SessionRecord record) => Task.FromResult(AdoptSession(sid, record));

    /// <summary>Registers the gateway in the directory, or renews its lease.</summary>
    /// <returns>Whether it was registered, and has missed nothing.</returns>
    public async Task<bool> RegisterAsync(IClusterClient client)
    {
        if (_reference is null)
        {
            _reference = client.CreateObjectReference<IGatewayObserver>(this);
            Registered.Add(this);
        }

        return await client.GetGrain<IGatewayDirectoryGrain>(IGatewayDirectoryGrain.Key).RegisterAsync(Id, _reference);
    }

    private IGatewayObserver? _reference;

    private Task RecordAsync(string told)
    {
        Told.Enqueue(told);
        return Answer;
    }
}
