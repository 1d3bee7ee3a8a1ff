using Realtime.Channels;
using Realtime.Gateway.Connections;

namespace Realtime.Gateway.Channels;

/// <summary>What this gateway's members of one channel have in common.</summary>
internal interface ISubscription
{
    /// <summary>
    /// Where a repository is: every event up to there that is for its members has been sent to them. Null for a channel,
    /// whose members get every message.
    /// </summary>
    ChannelPosition? Settled => null;

    /// <summary>Ends a membership at once. The grain hears of it soon after.</summary>
    void Leave(Connection connection);
}

/// <summary>A connection's membership of one channel.</summary>
/// <param name="Subscription">The channel's members here.</param>
/// <param name="Slot">The session's number of it.</param>
internal readonly record struct Membership(ISubscription Subscription, int Slot);
