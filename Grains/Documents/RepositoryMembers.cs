using System.Collections.Immutable;

namespace Realtime.Documents;

/// <summary>
/// Which gateways have members of a repository's channel, by audience. The cost of an event depends on the gateways
/// that may see it and on no others.
/// </summary>
internal sealed class RepositoryMembers
{
    private readonly Dictionary<string, Gateway> _gateways = new(StringComparer.Ordinal);
    private readonly Dictionary<Audience, HashSet<string>> _audiences = [];

    // Gateways that have stated that there are no members any more: what that has overtaken may come after it.
    private readonly Dictionary<string, (long Version, DateTimeOffset At)> _emptied = new(StringComparer.Ordinal);

    /// <summary>Whether there are none.</summary>
    public bool IsEmpty => _gateways.Count == 0;

    /// <summary>Takes a gateway's statement in.</summary>
    /// <param name="statement">The statement.</param>
    /// <param name="now">When it arrived.</param>
    /// <param name="position">Position from which on the gateway's events follow on each other.</param>
    /// <param name="bytes">Bytes that were announced up to there.</param>
    /// <returns>False if it can't be understood without the ones before: the gateway must state the whole truth.</returns>
    /// <remarks>
    /// A gateway's versions rise as long as it lives. A repeated version is a repeated call and was taken in before; a
    /// lower one is a call that was overtaken.
    /// </remarks>
    public bool Apply(RepositoryMembership statement, DateTimeOffset now, long position, long bytes)
    {
        var known = _gateways.GetValueOrDefault(statement.Gateway);
        var version = known?.Version ?? 0;
        var latest = Math.Max(version, _emptied.GetValueOrDefault(statement.Gateway).Version);
        if (latest != 0 && statement.Version <= latest)
        {
            return statement.Version == latest;
        }

        if (!statement.IsWhole && statement.Version != version + 1)
        {
            return false;
        }

        _emptied.Remove(statement.Gateway);
        if (statement.Members <= 0)
        {
            Remove(statement.Gateway);
            _emptied[statement.Gateway] = (statement.Version, now);
            return true;
        }

        if (statement.IsWhole)
        {
            Remove(statement.Gateway);
            known = null;
        }

        var gateway = known ?? new Gateway { UpTo = position, Bytes = bytes };
        _gateways[statement.Gateway] = gateway;
        (gateway.Version, gateway.Members, gateway.AssertedAt) = (statement.Version, statement.Members, now);
        Change(statement, gateway);
        return true;
    }

    /// <summary>Gateways that have members.</summary>
    public IReadOnlyCollection<string> Gateways => _gateways.Keys;

    /// <summary>Whether a gateway has members.</summary>
    /// <param name="gateway">Its id.</param>
    public bool Contains(string gateway) => _gateways.ContainsKey(gateway);

    /// <summary>Notes how far a gateway is told.</summary>
    /// <param name="gateway">Its id.</param>
    /// <param name="position">The position.</param>
    /// <param name="bytes">Bytes that were announced up to there.</param>
    /// <returns>The position it was told before.</returns>
    public long Advance(string gateway, long position, long bytes)
    {
        var told = _gateways[gateway];
        var before = told.UpTo;
        (told.UpTo, told.Bytes) = (position, bytes);
        return before;
    }

    /// <summary>Makes the next event of each gateway begin at a position that it hasn't got everything up to.</summary>
    /// <param name="position">The position.</param>
    /// <returns>The gateways.</returns>
    public IReadOnlyList<string> SkipTo(long position)
    {
        foreach (var gateway in _gateways.Values)
        {
            gateway.UpTo = position;
        }

        return [.. _gateways.Keys];
    }

    /// <summary>Gateways that haven't been told a position, or a number of bytes.</summary>
    /// <param name="position">The position.</param>
    /// <param name="bytes">Bytes that were announced in all.</param>
    public IReadOnlyList<string> Behind(long position, long bytes) =>
        [.. _gateways.Where(gateway => gateway.Value.UpTo <= position || gateway.Value.Bytes < bytes).Select(gateway => gateway.Key)];

    /// <summary>Drops gateways that don't live any more.</summary>
    /// <param name="isLive">Whether a gateway lives, given when it last made a statement.</param>
    public void Prune(Func<string, DateTimeOffset, bool> isLive)
    {
        foreach (var name in _gateways.Where(gateway => !isLive(gateway.Key, gateway.Value.AssertedAt)).Select(gateway => gateway.Key).ToList())
        {
            Remove(name);
        }

        foreach (var (name, emptied) in _emptied)
        {
            if (!isLive(name, emptied.At))
            {
                _emptied.Remove(name);
            }
        }
    }

    /// <summary>Number of connections at gateways that live.</summary>
    /// <param name="isLive">Whether a gateway lives, given when it last made a statement.</param>
    public int Count(Func<string, DateTimeOffset, bool> isLive) =>
        _gateways.Where(gateway => isLive(gateway.Key, gateway.Value.AssertedAt)).Sum(gateway => gateway.Value.Members);

    /// <summary>Finds out which gateway gets which changes.</summary>
    /// <param name="changes">Changes in order.</param>
    /// <returns>Per gateway its changes, in order; only gateways that get any.</returns>
    public IEnumerable<(string Gateway, ImmutableArray<DocumentChange> Changes)> Route(IEnumerable<DocumentChange> changes)
    {
        var routes = new Dictionary<string, ImmutableArray<DocumentChange>.Builder>(StringComparer.Ordinal);
        var root = _audiences.GetValueOrDefault(Audience.Root);
        foreach (var change in changes)
        {
            var readers = _audiences.GetValueOrDefault(change.Audience);
            foreach (var gateway in readers ?? Enumerable.Empty<string>())
            {
                Add(gateway, change);
            }

            foreach (var gateway in root ?? Enumerable.Empty<string>())
            {
                if (readers is null || !readers.Contains(gateway))
                {
                    Add(gateway, change);
                }
            }
        }

        return routes.Select(route => (route.Key, route.Value.DrainToImmutable()));

        void Add(string gateway, DocumentChange change)
        {
            if (!routes.TryGetValue(gateway, out var route))
            {
                routes.Add(gateway, route = ImmutableArray.CreateBuilder<DocumentChange>());
            }

            route.Add(change);
        }
    }

    private void Change(RepositoryMembership statement, Gateway gateway)
    {
        foreach (var audience in statement.Removed.IsDefault ? [] : statement.Removed)
        {
            if (gateway.Audiences.Remove(audience))
            {
                Leave(statement.Gateway, audience);
            }
        }

        foreach (var audience in statement.Added.IsDefault ? [] : statement.Added)
        {
            if (gateway.Audiences.Add(audience))
            {
                if (!_audiences.TryGetValue(audience, out var gateways))
                {
                    _audiences.Add(audience, gateways = new HashSet<string>(StringComparer.Ordinal));
                }

                gateways.Add(statement.Gateway);
            }
        }
    }

    private void Remove(string name)
    {
        if (_gateways.Remove(name, out var gateway))
        {
            foreach (var audience in gateway.Audiences)
            {
                Leave(name, audience);
            }
        }
    }

    private void Leave(string gateway, Audience audience)
    {
        var gateways = _audiences[audience];
        gateways.Remove(gateway);
        if (gateways.Count == 0)
        {
            _audiences.Remove(audience);
        }
    }

    private sealed class Gateway
    {
        public long Version { get; set; }

        public int Members { get; set; }

        public DateTimeOffset AssertedAt { get; set; }

        /// <summary>Position that it was told last.</summary>
        public long UpTo { get; set; }

        /// <summary>Bytes that had been announced then.</summary>
        public long Bytes { get; set; }

        public HashSet<Audience> Audiences { get; } = [];
    }
}
