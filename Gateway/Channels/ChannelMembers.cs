using System.Runtime.InteropServices;
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
        if (After(publications, Served) is not { } all)
        {
            return;
        }

        var first = all.Parts.IsEmpty ? all.Position : all.Parts[0].Position;
        foreach (ref readonly var member in _members.Span)
        {
            if (first > member.State.After)
            {
                member.Connection.Send(all, member.State.Slot);
            }
            else if (After(publications, member.State.After) is { } rest)
            {
                member.Connection.Send(rest, member.State.Slot);
            }
        }

        Served = all.Position;
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

    /// <summary>The publications after a position; null if there are none.</summary>
    private static OutboundMessage? After(ChannelPublications publications, ChannelPosition position)
    {
        var (first, payloads) = (publications.First, publications.Payloads);
        if (publications.Last <= position)
        {
            return null;
        }

        var skipped = first > position ? 0 : (int)(position.Offset - first.Offset) + 1;
        if (skipped == payloads.Length - 1)
        {
            return OutboundMessage.Fixed(payloads[^1], publications.Last);
        }

        var messages = new OutboundMessage[payloads.Length - skipped];
        for (var i = 0; i < messages.Length; i++)
        {
            messages[i] = OutboundMessage.Fixed(payloads[skipped + i], first with { Offset = first.Offset + skipped + i });
        }

        return OutboundMessage.Together(ImmutableCollectionsMarshal.AsImmutableArray(messages));
    }

    /// <summary>Where a membership begins.</summary>
    /// <param name="After">It gets what is after this.</param>
    /// <param name="Slot">The session's number of it.</param>
    private readonly record struct Beginning(ChannelPosition After, int Slot);
}
