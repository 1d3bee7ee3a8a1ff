using System.Collections.Immutable;
using Realtime.Channels;
using Realtime.Gateway.Connections;
using Realtime.Gateway.Protocol;
using Realtime.Gateways;

namespace Realtime.Gateway.Channels;

/// <summary>This gateway's members of a channel, and how far they were served. Not safe for concurrent use.</summary>
internal sealed class ChannelMembers
{
    private readonly MemberList<Beginning> _members = new();

    /// <summary>Position of the last publication that was handed on.</summary>
    public ChannelPosition Served { get; private set; }

    public int Count => _members.Count;

    /// <summary>Begins a membership: it gets what is after a position, and nothing before.</summary>
    public void Admit(Connection connection, int slot, ChannelPosition after)
    {
        connection.BeginMembership(slot, after);
        _members.Add(connection, new Beginning(after, slot));
    }

    public void Remove(Connection connection) => _members.Remove(connection);

    /// <summary>States where the channel is, when there are no members: what it published while nobody listened is no gap.</summary>
    /// <remarks>What members who have left since were given before the channel's answer came is nothing to wait for.</remarks>
    public void StartAt(ChannelPosition position) => Served = position.Epoch == Served.Epoch && position < Served ? Served : position;

    /// <summary>Whether publications follow what was served, without a gap.</summary>
    public bool IsFollowedBy(ChannelPublications publications) =>
        publications.Previous == Served
        || (publications.First.Epoch == Served.Epoch && publications.First.Offset <= Served.Offset + 1);

    /// <summary>Hands publications on, each once. Those that came together go to each member together.</summary>
    public void Deliver(ChannelPublications publications)
    {
        if (Unserved(publications) is not [_, ..] messages)
        {
            return;
        }

        var all = OutboundMessage.Together(messages);
        foreach (ref readonly var member in _members.Span)
        {
            var after = member.State.After;
            if (messages[0].Position > after)
            {
                member.Connection.Send(all, member.State.Slot);
            }
            else if (messages[^1].Position > after)
            {
                var rest = OutboundMessage.Together(messages.RemoveAll(message => message.Position <= after));
                member.Connection.Send(rest, member.State.Slot);
            }
        }

        Served = messages[^1].Position;
    }

    /// <summary>Ends all members' connections, because publications were lost, and forgets them.</summary>
    public void EndConnections()
    {
        foreach (ref readonly var member in _members.Span)
        {
            member.Connection.End(EndReason.Internal);
        }

        _members.Clear();
    }

    private ImmutableArray<OutboundMessage> Unserved(ChannelPublications publications)
    {
        var messages = ImmutableArray.CreateBuilder<OutboundMessage>(publications.Payloads.Length);
        var position = publications.First;
        foreach (var payload in publications.Payloads)
        {
            if (position > Served)
            {
                messages.Add(OutboundMessage.Fixed(payload, position));
            }

            position = position with { Offset = position.Offset + 1 };
        }

        return messages.DrainToImmutable();
    }

    /// <summary>Where a membership begins.</summary>
    /// <param name="After">It gets what is after this.</param>
    /// <param name="Slot">The session's number of it.</param>
    private readonly record struct Beginning(ChannelPosition After, int Slot);
}
