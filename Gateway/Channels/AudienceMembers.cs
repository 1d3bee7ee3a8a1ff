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
    private readonly Dictionary<Audience, MemberList<Span>> _audiences = [];
    private readonly Dictionary<Connection, Audience> _members = [];
    private readonly List<Former> _formers = [];

    public int Count => _members.Count;

    /// <summary>Audiences that have members.</summary>
    public IEnumerable<Audience> Audiences => _audiences.Keys;

    public bool Contains(Connection connection) => _members.ContainsKey(connection);

    public bool HasMembers(Audience audience) => _audiences.ContainsKey(audience);

    /// <summary>Begins a membership at a position; a former one, in another audience, ends at the same position.</summary>
    public void Admit(Connection connection, Audience audience, long position)
    {
        if (_members.TryGetValue(connection, out var former))
        {
            if (former == audience)
            {
                return;
            }

            // What it was due before the move may still be on its way.
            var left = _audiences[former];
            left.Add(connection, left[connection] with { UpTo = position });
            _formers.Add(new Former(connection, former, position));
        }

        _members[connection] = audience;
        var index = _formers.FindIndex(entry => entry.Connection == connection && entry.Audience == audience);
        if (index >= 0)
        {
            ComeBack(connection, audience, position, index);
            return;
        }

        if (!_audiences.TryGetValue(audience, out var members))
        {
            _audiences.Add(audience, members = new MemberList<Span>());
        }

        members.Add(connection, new Span(position, long.MaxValue));
    }

    /// <summary>Ends a membership at once.</summary>
    public void Remove(Connection connection)
    {
        if (!_members.Remove(connection, out var audience))
        {
            return;
        }

        RemoveFrom(audience, connection);
        foreach (var former in _formers.Where(former => former.Connection == connection))
        {
            RemoveFrom(former.Audience, connection);
        }

        _formers.RemoveAll(former => former.Connection == connection);
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

        if (_formers.Count > 0)
        {
            ForgetFormers(change.Position);
        }
    }

    /// <summary>Ends all members' connections, because changes may have been lost.</summary>
    public void EndConnections()
    {
        foreach (var connection in _members.Keys)
        {
            connection.End(EndReason.Internal);
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
            if (change.Position > member.State.After && change.Position <= member.State.UpTo)
            {
                message ??= MessageEncoder.DocumentEvent(change.Kind, change.Json.Span, channelToken);
                member.Connection.Send(message);
            }
        }
    }

    /// <summary>Moves a member back into an audience that it may still be due changes from.</summary>
    private void ComeBack(Connection connection, Audience audience, long position, int index)
    {
        if (_formers[index].UpTo != position)
        {
            // It would have to skip what happened in between: rare enough to begin anew.
            connection.End(EndReason.Internal);
        }

        _formers.RemoveAt(index);
        var members = _audiences[audience];
        members.Add(connection, members[connection] with { UpTo = long.MaxValue });
    }

    /// <summary>Ends those former memberships that can get nothing any more.</summary>
    private void ForgetFormers(long position)
    {
        foreach (var former in _formers.Where(former => former.UpTo <= position))
        {
            RemoveFrom(former.Audience, former.Connection);
        }

        _formers.RemoveAll(former => former.UpTo <= position);
    }

    private void RemoveFrom(Audience audience, Connection connection)
    {
        if (_audiences.TryGetValue(audience, out var members) && members.Remove(connection) && members.Count == 0)
        {
            _audiences.Remove(audience);
            onEmptied(audience);
        }
    }

    /// <summary>Positions that a member gets: above the first, up to the second.</summary>
    private readonly record struct Span(long After, long UpTo);

    /// <summary>A membership that has ended at a position, but may still be due changes up to there.</summary>
    private readonly record struct Former(Connection Connection, Audience Audience, long UpTo);
}
