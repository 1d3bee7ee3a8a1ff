namespace Realtime.Tests.Chaos.History;

/// <summary>Everything that was sent into one channel, or written to one repository, and everything that its members read.</summary>
/// <param name="name">Database and channel.</param>
internal sealed class ChannelHistory(string name)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<string, Publication> _publications = new(StringComparer.Ordinal);
    private readonly List<Membership> _memberships = [];

    /// <summary>Database and channel.</summary>
    public string Name => name;

    /// <summary>Publications so far, and how often they were read.</summary>
    public (int Sent, int Acknowledged, int Read) Count()
    {
        lock (_lock)
        {
            return (
                _publications.Count,
                _publications.Values.Count(static publication => publication.AcknowledgedAt is not null),
                _memberships.Sum(static membership => membership.Deliveries.Count));
        }
    }

    /// <summary>States what is about to be sent.</summary>
    public Publication Send(Publication publication)
    {
        lock (_lock)
        {
            _publications.Add(publication.Id, publication);
        }

        return publication;
    }

    /// <summary>States that its sender read that it was accepted.</summary>
    public void Acknowledge(Publication publication, TimeSpan at)
    {
        lock (_lock)
        {
            publication.AcknowledgedAt ??= at;
        }
    }

    /// <summary>States that its sender was told that it has no effect.</summary>
    public void Refuse(Publication publication)
    {
        lock (_lock)
        {
            publication.IsRefused = true;
        }
    }

    /// <summary>States that a connection has read <c>joined</c>.</summary>
    public Membership Join(Membership membership)
    {
        lock (_lock)
        {
            _memberships.Add(membership);
        }

        return membership;
    }

    /// <summary>States that a member has read a message.</summary>
    public void Deliver(Membership membership, string id, string sid, TimeSpan at)
    {
        lock (_lock)
        {
            var publication = _publications.GetValueOrDefault(id);
            if (publication is not null)
            {
                publication.FirstReadAt ??= at;
            }

            membership.Deliveries.Add(new Delivery(id, publication, sid, at));
        }
    }

    /// <summary>States which gateway serves a member from now on.</summary>
    public void Move(Membership membership, string gateway, TimeSpan at)
    {
        lock (_lock)
        {
            membership.MoveTo(gateway, at);
        }
    }

    /// <summary>States that a member's connection has ended.</summary>
    public void End(Membership membership, TimeSpan at)
    {
        lock (_lock)
        {
            membership.EndedAt ??= at;
        }
    }

    /// <summary>Reads everything while nobody adds to it.</summary>
    public T Read<T>(Func<IReadOnlyCollection<Publication>, IReadOnlyList<Membership>, T> read)
    {
        lock (_lock)
        {
            return read(_publications.Values, _memberships);
        }
    }
}
