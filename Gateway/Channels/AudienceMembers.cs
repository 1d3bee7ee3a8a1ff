using Realtime.Channels;
using Realtime.Documents;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;

namespace Realtime.Gateway.Channels;

/// <summary>
/// Which connection is in which audience of a repository, and from which position on. Not safe for concurrent use.
/// </summary>
/// <param name="channelToken">Name of the repository's channel, as a JSON string token.</param>
/// <param name="onEmptied">Called when an audience has lost its last member.</param>
internal sealed class AudienceMembers(byte[] channelToken, Action<Audience> onEmptied)
{
    private readonly Dictionary<Audience, MemberList<Reader>> _audiences = [];
    private readonly Dictionary<Connection, Audience> _members = [];
    private readonly List<Former> _formers = [];
    private readonly HashSet<Connection> _gathering = [];
    private bool _isGathering;

    public int Count => _members.Count;

    /// <summary>Audiences that have members, or had and must still be told something.</summary>
    public IEnumerable<Audience> Audiences => _audiences.Keys.Union(_formers.Select(static former => former.Audience));

    public bool Contains(Connection connection) => _members.ContainsKey(connection);

    public bool HasMembers(Audience audience) =>
        _audiences.ContainsKey(audience) || _formers.Exists(former => former.Audience == audience);

    /// <summary>
    /// Says that a member is about to move: from now on it gets only what it may know in both audiences. What it may know
    /// in the new one comes with <see cref="Admit"/>.
    /// </summary>
    public void Restrict(Connection connection, Audience audience)
    {
        if (!_members.TryGetValue(connection, out var current))
        {
            return;
        }

        var members = _audiences[current];
        members.Add(connection, members[connection] with { Limit = audience == current ? null : audience });
        for (var i = 0; i < _formers.Count; i++)
        {
            if (_formers[i].Connection == connection)
            {
                _formers[i] = _formers[i] with { Limit = audience };
            }
        }
    }

    /// <summary>Begins a membership at a position; a former one, in another audience, ends at the same position.</summary>
    public void Admit(Connection connection, int slot, Audience audience, long position)
    {
        connection.BeginMembership(slot, new ChannelPosition(0, position));
        if (_members.TryGetValue(connection, out var current))
        {
            Restrict(connection, audience);
            if (current == audience)
            {
                return;
            }

            connection.Promote(slot, new ChannelPosition(0, position), isToAll: audience == Audience.Root);

            // What it was due before the move may still be on its way.
            var left = _audiences[current];
            _formers.Add(new Former(connection, slot, current, left[connection].After, position, audience));
            left.Remove(connection);
            ForgetIfEmpty(current);
        }

        _members[connection] = audience;
        if (!_audiences.TryGetValue(audience, out var members))
        {
            _audiences.Add(audience, members = new MemberList<Reader>());
        }

        members.Add(connection, new Reader(slot, position, null));
    }

    /// <summary>Ends a membership at once.</summary>
    public void Remove(Connection connection)
    {
        if (_members.Remove(connection, out var audience))
        {
            _audiences[audience].Remove(connection);
            ForgetIfEmpty(audience);
            Forget(former => former.Connection == connection);
        }
    }

    /// <summary>Lets everything that a connection is handed until the end go with one write.</summary>
    /// <param name="isWorthIt">False to do nothing.</param>
    public Gathering Gather(bool isWorthIt)
    {
        _isGathering = isWorthIt;
        return new Gathering(this);
    }

    /// <summary>Hands a change to those who may know of it, encoded once.</summary>
    public void Deliver(DocumentChange change)
    {
        OutboundMessage? message = null;
        Deliver(change, change.Audience, ref message);
        if (change.Audience != Audience.Everyone)
        {
            Deliver(change, Audience.Root, ref message);
        }

        foreach (var former in _formers)
        {
            if ((former.Audience == change.Audience || former.Audience == Audience.Root)
                && change.Position > former.After
                && change.Position <= former.UpTo
                && MayRead(former.Limit, change.Audience))
            {
                Send(change, former.Connection, former.Slot, ref message);
            }
        }
    }

    /// <summary>Ends those former memberships that can get nothing any more.</summary>
    /// <param name="position">Position up to which everything was delivered.</param>
    public void Settle(long position)
    {
        if (_formers.Count > 0)
        {
            Forget(former => former.UpTo <= position);
        }
    }

    /// <summary>Ends all members' connections, because changes were lost, and forgets them.</summary>
    public void EndConnections()
    {
        foreach (var connection in _members.Keys.ToList())
        {
            connection.End(EndReason.Internal);
            Remove(connection);
        }
    }

    private void Deliver(DocumentChange change, Audience audience, ref OutboundMessage? message)
    {
        if (!_audiences.TryGetValue(audience, out var members))
        {
            return;
        }

        foreach (ref readonly var member in members.Span)
        {
            if (change.Position > member.State.After
                && (member.State.Limit is not { } limit || MayRead(limit, change.Audience)))
            {
                Send(change, member.Connection, member.State.Slot, ref message);
            }
        }
    }

    private void Send(DocumentChange change, Connection connection, int slot, ref OutboundMessage? message)
    {
        message ??= MessageEncoder.DocumentEvent(change.Kind, change.Json.Span, channelToken, new ChannelPosition(0, change.Position));
        if (_isGathering && _gathering.Add(connection))
        {
            connection.Outbox.Hold();
        }

        connection.Send(message, slot);
    }

    private void EndGathering()
    {
        _isGathering = false;
        if (_gathering.Count == 0)
        {
            return;
        }

        // Releasing writes, and what a broken connection leads to may come back here.
        Connection[] gathered = [.. _gathering];
        _gathering.Clear();
        foreach (var connection in gathered)
        {
            connection.Outbox.Release();
        }
    }

    private static bool MayRead(Audience reader, Audience audience) => reader == Audience.Root || reader == audience;

    private void Forget(Predicate<Former> isOver)
    {
        var over = _formers.FindAll(isOver);
        _formers.RemoveAll(isOver);
        foreach (var former in over)
        {
            ForgetIfEmpty(former.Audience);
        }
    }

    private void ForgetIfEmpty(Audience audience)
    {
        if (_audiences.TryGetValue(audience, out var members) && members.Count == 0)
        {
            _audiences.Remove(audience);
        }

        if (!HasMembers(audience))
        {
            onEmptied(audience);
        }
    }

    /// <summary>The time in which what connections are handed is gathered.</summary>
    public readonly struct Gathering(AudienceMembers members) : IDisposable
    {
        /// <inheritdoc/>
        public void Dispose() => members.EndGathering();
    }

    /// <summary>A present membership.</summary>
    /// <param name="Slot">The session's number of it.</param>
    /// <param name="After">It gets what is above this position.</param>
    /// <param name="Limit">The audience that it is about to move to; it gets only what that may know, too.</param>
    private readonly record struct Reader(int Slot, long After, Audience? Limit);

    /// <summary>A membership that has ended at a position, but may still be due changes up to there.</summary>
    private readonly record struct Former(Connection Connection, int Slot, Audience Audience, long After, long UpTo, Audience Limit);
}
