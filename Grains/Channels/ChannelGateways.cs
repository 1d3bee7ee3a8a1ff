using System.Collections.Immutable;

namespace Realtime.Channels;

/// <summary>Which gateways have members of a channel, as they have stated it.</summary>
internal sealed class ChannelGateways
{
    // Those without members, too: a statement that was overtaken may come after the one that there are none any more.
    private readonly Dictionary<string, Stated> _stated = new(StringComparer.Ordinal);

    /// <summary>Number of gateways that have members.</summary>
    public int Count { get; private set; }

    /// <summary>Number of members, over all gateways.</summary>
    public int Members => _stated.Values.Sum(static stated => stated.Members);

    /// <summary>Whether a gateway has stated anything.</summary>
    public bool Knows(string gateway) => _stated.ContainsKey(gateway);

    /// <summary>Those that have members.</summary>
    public ImmutableArray<MemberGateway> WithMembers =>
        [.. _stated.Where(static stated => stated.Value.Members > 0).Select(static stated => new MemberGateway(stated.Key, stated.Value.At))];

    /// <summary>Whether a later statement of the gateway has been heard.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="statement">Number of the statement; 0 if it has none.</param>
    public bool IsOvertaken(string gateway, long statement) =>
        statement != 0 && _stated.TryGetValue(gateway, out var stated) && statement < stated.Statement;

    /// <summary>Takes a statement in.</summary>
    /// <param name="gateway">Id of the gateway.</param>
    /// <param name="members">Number of its members.</param>
    /// <param name="statement">Number of the statement; 0 if it has none.</param>
    /// <param name="now">When it came.</param>
    public void State(string gateway, int members, long statement, DateTimeOffset now)
    {
        Remove(gateway);
        _stated.Add(gateway, new Stated(Math.Max(0, members), statement, now));
        Count += members > 0 ? 1 : 0;
    }

    /// <summary>Takes in what a gateway says when it is asked; what it states by itself counts more.</summary>
    public void Learn(string gateway, int members, DateTimeOffset now)
    {
        if (!Knows(gateway))
        {
            State(gateway, members, 0, now);
        }
    }

    /// <summary>Drops gateways that don't live any more.</summary>
    /// <param name="isLive">Whether a gateway lives, given when it last made a statement.</param>
    public void Forget(Func<string, DateTimeOffset, bool> isLive)
    {
        foreach (var (gateway, stated) in _stated)
        {
            if (!isLive(gateway, stated.At))
            {
                // Removing during enumeration is allowed and doesn't disturb it.
                Remove(gateway);
            }
        }
    }

    private void Remove(string gateway)
    {
        if (_stated.Remove(gateway, out var stated) && stated.Members > 0)
        {
            Count--;
        }
    }

    private readonly record struct Stated(int Members, long Statement, DateTimeOffset At);
}

/// <summary>A gateway that has members of a channel.</summary>
/// <param name="Id">Its id.</param>
/// <param name="StatedAt">When it last said so.</param>
internal readonly record struct MemberGateway(string Id, DateTimeOffset StatedAt);
