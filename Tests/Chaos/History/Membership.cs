namespace Realtime.Tests.Chaos.History;

/// <summary>One connection's membership of one channel: from the <c>joined</c> that it read to its end, and what it read between.</summary>
/// <param name="member">Name of the connection.</param>
/// <param name="person">Whom it acts as.</param>
/// <param name="joinSentAt">When it asked to join.</param>
/// <param name="joinedAt">When it had read <c>joined</c>.</param>
internal sealed class Membership(string member, Person person, TimeSpan joinSentAt, TimeSpan joinedAt)
{
    private readonly List<(string Gateway, TimeSpan LeftAt)> _before = [];

    /// <summary>Name of the connection.</summary>
    public string Member => member;

    /// <summary>Name of its gateway, of the latest if its session has gone on elsewhere; empty if nobody knows.</summary>
    public string Gateway { get; private set; } = "";

    /// <summary>Whom it acts as.</summary>
    public Person Person => person;

    /// <summary>When it asked to join.</summary>
    public TimeSpan JoinSentAt => joinSentAt;

    /// <summary>When it had read <c>joined</c>: whatever is sent later reaches it.</summary>
    public TimeSpan JoinedAt => joinedAt;

    /// <summary>When its connection ended; null while it is open.</summary>
    public TimeSpan? EndedAt { get; set; }

    /// <summary>What it has read, in the order of arrival.</summary>
    public List<Delivery> Deliveries { get; } = [];

    /// <summary>States which gateway serves it from now on.</summary>
    public void MoveTo(string gateway, TimeSpan at)
    {
        if (Gateway.Length > 0)
        {
            _before.Add((Gateway, at));
        }

        Gateway = gateway;
    }

    /// <summary>Whether a gateway may have served it at any time since then.</summary>
    public bool WasOn(string gateway, TimeSpan since) =>
        Gateway == gateway || Gateway.Length == 0 || _before.Any(stay => stay.Gateway == gateway && stay.LeftAt >= since);
}

/// <summary>One message as a member read it.</summary>
/// <param name="Id">What it carried.</param>
/// <param name="Publication">What was sent under that id; null if nothing was.</param>
/// <param name="Sid">The sid that it carried.</param>
/// <param name="ReadAt">When it was read.</param>
internal readonly record struct Delivery(string Id, Publication? Publication, string Sid, TimeSpan ReadAt);
