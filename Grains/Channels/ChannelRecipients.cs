using System.Collections.Immutable;
using Realtime.Gateways;

namespace Realtime.Channels;

/// <summary>The gateways that get a channel's publications.</summary>
/// <param name="gateways">Those that have members.</param>
/// <param name="inboxes">Takes what they get.</param>
/// <param name="roster">Knows which of them live.</param>
internal readonly struct ChannelRecipients(ImmutableArray<MemberGateway> gateways, IInboxPublisher inboxes, IGatewayRoster roster)
{
    /// <summary>Whether there are none.</summary>
    public bool AreNone => gateways.IsEmpty;

    /// <summary>Whether all of them are known to be there; who publishes is, and whoever hands on its own needn't hear of it.</summary>
    /// <param name="batch">What is published.</param>
    /// <returns>False also if there are none.</returns>
    public bool AreCertain(PublishBatch batch)
    {
        foreach (var gateway in gateways)
        {
            if (!IsHandedOn(batch, gateway) && !roster.IsLive(gateway.Id, gateway.StatedAt))
            {
                return false;
            }
        }

        return !gateways.IsEmpty;
    }

    /// <summary>Sends publications to those that don't have them yet.</summary>
    /// <param name="publications">The publications, ordered.</param>
    /// <param name="batch">What they were published with.</param>
    /// <returns>To how many they were sent.</returns>
    public int Send(ChannelPublications publications, PublishBatch batch)
    {
        // Of what was known already who publishes may not have heard.
        var isWhole = publications.Payloads.Length == batch.Payloads.Length;
        var sent = 0;
        foreach (var gateway in gateways)
        {
            if (!isWhole || !IsHandedOn(batch, gateway))
            {
                inboxes.Publish(gateway.Id, publications);
                sent++;
            }
        }

        return sent;
    }

    /// <summary>Sends something else to all of them.</summary>
    /// <param name="inboxEvent">What happened.</param>
    public void Send(InboxEvent inboxEvent)
    {
        foreach (var gateway in gateways)
        {
            inboxes.Publish(gateway.Id, inboxEvent);
        }
    }

    private static bool IsHandedOn(PublishBatch batch, MemberGateway gateway) => batch.IsHandedOn && gateway.Id == batch.Publisher;
}
