using System.Collections.Concurrent;
using Realtime.Tests.Chaos.History;
using Realtime.Tests.Chaos.Slots;

namespace Realtime.Tests.Chaos.Backend;

/// <summary>A database of the run, with its users and what happens in its channels and repositories.</summary>
/// <param name="Name">Its name in the timeline.</param>
/// <param name="PublicKey">Its key.</param>
/// <param name="Slots">The connections of its tenant.</param>
/// <param name="Users">Its users, with accounts of two.</param>
internal sealed record ChaosDatabase(string Name, string PublicKey, SlotHistory Slots, IReadOnlyList<ChaosUser> Users)
{
    private readonly ConcurrentDictionary<string, ChannelHistory> _histories = new(StringComparer.Ordinal);

    /// <summary>Everything that was sent and read so far, by channel.</summary>
    public ICollection<ChannelHistory> Histories => _histories.Values;

    /// <summary>What happens in a channel; that of a repository begins with <c>db-</c>.</summary>
    public ChannelHistory History(string channel) =>
        _histories.GetOrAdd(channel, static (channel, database) => new ChannelHistory($"{database}/{channel}"), Name);
}

/// <summary>A user who is signed in.</summary>
/// <param name="Person">Who it is.</param>
/// <param name="Token">Its session token.</param>
internal sealed record ChaosUser(Person Person, string Token);
